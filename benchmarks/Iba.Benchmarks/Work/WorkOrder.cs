namespace Iba.Benchmarks;

/// <summary>What a worker process is to do again and again.</summary>
internal sealed record WorkOrder
{
    /// <summary>The kind of work.</summary>
    public required WorkKind Kind { get; init; }

    /// <summary>The ONNX file.</summary>
    public required string File { get; init; }

    /// <summary>The layer at which the network is cut.</summary>
    public string Layer { get; init; } = "";

    /// <summary>Optimisation steps, T.</summary>
    public int Steps { get; init; } = 10;

    /// <summary>Noise copies, K.</summary>
    public int Copies { get; init; } = 10;

    /// <summary>Images for each piece of work.</summary>
    public int Images { get; init; } = 1;

    /// <summary>Images that go through the network together.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Images that go through the tail together, see <see cref="Torch.BottleneckOptions.MaxRowsPerPass"/>.</summary>
    public int RowsPerPass { get; init; }

    /// <summary>Height and width of the images.</summary>
    public int Size { get; init; } = 224;

    /// <summary>Whether features and weights are laid out with the channels last (only where the kind of work leaves the choice).</summary>
    public bool ChannelsLast { get; init; }
}
