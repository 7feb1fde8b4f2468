using System.Globalization;

namespace Iba.Benchmarks;

/// <summary>Reading ONNX files, and the imported network's forward pass against others.</summary>
internal sealed class NetworkPart : IBenchmarkPart
{
    private const int Forwards = 20;

    public string Name => "networks";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var forward = new Table("Forward pass, one image [ms]", "this library", "TorchSharp modules", "OnnxRuntime", "library / modules", "bar");
        var import = new Table("Reading the file and cutting the network", "file", "seconds", "resident memory added", "times the file");
        foreach (var network in settings.Choose())
        {
            Forward(settings, network, forward);
            Import(settings, network, import);
        }

        return
            $"""
            ## ONNX files: reading them, and the forward pass

            The same architecture as TorchSharp modules has batch normalisation as modules of its own and the plain layout; this library folds it
            and lays weights out with the channels last when it reads the file. OnnxRuntime has its own kernels and no gradients: it could
            compute the head, which is a small part of a heat map (see "Where the time goes"), but not the tail. Medians.

            {forward}
            {import}
            """;
    }

    private static void Forward(BenchmarkSettings settings, BenchmarkNetwork network, Table table)
    {
        var order = new WorkOrder { Kind = WorkKind.Forward, File = network.File, Images = Forwards };
        using var contest = new Contest($"{network.Name}, forward", settings.Rounds, settings.Threads);
        var library = contest.Add("this library", order);
        var runtime = contest.Add("OnnxRuntime", order with { Kind = WorkKind.OnnxRuntimeForward });
        var modules = ModuleForwardWork.Has(network.File) ? contest.Add("TorchSharp modules", order with { Kind = WorkKind.ModuleForward }) : null;
        contest.Run();
        table.Add(
            network.Name, Table.Milliseconds(library.Seconds), modules is null ? "-" : Table.Milliseconds(modules.Seconds), Table.Milliseconds(runtime.Seconds),
            modules is null ? "-" : Table.Times(library.Over(modules).Clock), modules is null ? "-" : "<= 1.2x");
    }

    private static void Import(BenchmarkSettings settings, BenchmarkNetwork network, Table table)
    {
        using var contest = new Contest($"{network.Name}, import", 1, settings.Threads);
        var import = contest.Add("import", settings.Order(WorkKind.Import, network));
        var idle = import.Process.Look();
        contest.Run(warmUp: false);
        long file = new FileInfo(network.File).Length;
        long added = import.PeakBytes - idle.ResidentBytes;
        table.Add(
            network.Name, Table.Mebibytes(file), import.Seconds.Median.ToString("F2", CultureInfo.InvariantCulture), Table.Mebibytes(added),
            ((double)added / file).ToString("F2", CultureInfo.InvariantCulture));
    }
}
