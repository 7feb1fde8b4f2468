namespace Iba.Benchmarks;

internal static class WorkFactory
{
    public static IWork Create(WorkOrder order) => order.Kind switch
    {
        WorkKind.Bottleneck => new BottleneckWork(order),
        WorkKind.WholeNetwork => new WholeNetworkWork(order),
        WorkKind.Tail => new TailWork(order),
        WorkKind.Pipeline => new PipelineWork(order),
        WorkKind.PreparedImages => new PreparedImagesWork(order),
        WorkKind.Forward => new ForwardWork(order),
        WorkKind.OnnxRuntimeForward => new OnnxRuntimeWork(order),
        WorkKind.ModuleForward => new ModuleForwardWork(order),
        WorkKind.Import => new ImportWork(order),
        _ => throw new ArgumentOutOfRangeException(nameof(order), order.Kind, "Unknown kind of work."),
    };
}
