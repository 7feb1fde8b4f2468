namespace Iba.Benchmarks;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchmarkSettings
{
    /// <summary>The parts to run; empty: all.</summary>
    public required string[] Parts { get; init; }

    /// <summary>Parts of networks' names; empty: all networks.</summary>
    public required string[] Networks { get; init; }

    /// <summary>Where the exported networks lie.</summary>
    public required string NetworkFolder { get; init; }

    /// <summary>How often each contestant's turn comes.</summary>
    public required int Rounds { get; init; }

    /// <summary>The threads of libtorch.</summary>
    public required int Threads { get; init; }

    /// <summary>Optimisation steps, T.</summary>
    public required int Steps { get; init; }

    /// <summary>Noise copies, K.</summary>
    public required int Copies { get; init; }

    /// <summary>Whether the contestants compute on a GPU.</summary>
    public required bool OnGpu { get; init; }

    /// <summary>The folder that holds the reference implementation's package; null: it is left out.</summary>
    public required string? Reference { get; init; }

    /// <summary>The folder that this program was published to with all assemblies precompiled; null: it is left out.</summary>
    public required string? Precompiled { get; init; }

    /// <summary>The Python that has torch.</summary>
    public required string Python { get; init; }

    /// <summary>The machine's load when the run began.</summary>
    public string LoadBefore { get; } = Machine.Load();

    /// <summary>Work on one image of a network, with these settings.</summary>
    public WorkOrder Order(WorkKind kind, BenchmarkNetwork network) => new()
    {
        Kind = kind,
        File = network.File,
        Layer = network.Layer,
        Steps = Steps,
        Copies = Copies,
        OnGpu = OnGpu,
    };

    /// <summary>The networks that were asked for and whose files are there.</summary>
    public IEnumerable<BenchmarkNetwork> Choose()
    {
        foreach (var network in BenchmarkNetwork.All(NetworkFolder))
        {
            if (Networks.Length > 0 && !Networks.Any(part => network.Name.Contains(part, StringComparison.OrdinalIgnoreCase))) continue;
            if (File.Exists(network.File)) yield return network;
            else Console.WriteLine($"{network.Name} is left out: '{network.File}' does not exist. Make it with benchmarks/export_networks.py.");
        }
    }
}
