namespace Iba.Benchmarks;

internal static class WorkFactory
{
    public static IWork Create(WorkOrder order) => order.Kind switch
    {
        WorkKind.Bottleneck => new BottleneckWork(order, Images.Random(order.Images, order.Size)),
        WorkKind.WholeNetwork => new WholeNetworkWork(order),
        WorkKind.Tail => new TailWork(order),
        WorkKind.Photographs => PipelineWork.Photographs(order),
        WorkKind.PreparedPhotographs => new BottleneckWork(order, Images.Photos(order.Images)),
        WorkKind.SmallImages => PipelineWork.SmallImages(order),
        WorkKind.Forward => new ForwardWork(order),
        WorkKind.OnnxRuntimeForward => new OnnxRuntimeWork(order),
        WorkKind.ModuleForward => new ModuleForwardWork(order),
        WorkKind.Import => new ImportWork(order),
        WorkKind.Profile => new ProfileWork(order),
        _ => throw new ArgumentOutOfRangeException(nameof(order), order.Kind, "Unknown kind of work."),
    };
}
