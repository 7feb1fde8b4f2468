using System.Text.Json.Serialization;
using Iba.Onnx;
using Iba.Torch;
using TorchSharp;

namespace Iba.Benchmarks;

/// <summary>What a worker process is to do again and again.</summary>
internal sealed record WorkOrder
{
    /// <summary>The kind of work.</summary>
    public required WorkKind Kind { get; init; }

    /// <summary>The ONNX file; unused where the network is made by the program.</summary>
    public string File { get; init; } = "";

    /// <summary>The layer at which the network is cut.</summary>
    public string Layer { get; init; } = "";

    /// <summary>Optimisation steps, T.</summary>
    public int Steps { get; init; } = 10;

    /// <summary>Noise copies, K.</summary>
    public int Copies { get; init; } = 10;

    /// <summary>A preset, which then decides on steps, copies and noise; null: <see cref="Steps"/> and <see cref="Copies"/> do.</summary>
    public IbaPreset? Preset { get; init; }

    /// <summary>Images for each piece of work.</summary>
    public int Images { get; init; } = 1;

    /// <summary>Images that go through the network together.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Images that go through the tail together, see <see cref="Iba.Torch.BottleneckOptions.MaxRowsPerPass"/>.</summary>
    public int RowsPerPass { get; init; }

    /// <summary>How many images are computed at once, see <see cref="Iba.Torch.ExecutionOptions.PassesAtOnce"/>.</summary>
    public int? PassesAtOnce { get; init; }

    /// <summary>Height and width of the images.</summary>
    public int Size { get; init; } = 224;

    /// <summary>Whether the work is done by the first GPU.</summary>
    public bool OnGpu { get; init; }

    /// <summary>Where the work is done.</summary>
    [JsonIgnore]
    public torch.Device Device => OnGpu ? torch.CUDA : torch.CPU;

    /// <summary>Whether features and weights are laid out with the channels last (only where the kind of work leaves the choice).</summary>
    public bool ChannelsLast { get; init; }

    /// <summary>Loads the network and moves it to its device.</summary>
    public OnnxNetwork Load()
    {
        var network = OnnxNetwork.Load(File);
        if (OnGpu) network.MoveTo(Device);
        return network;
    }
}
