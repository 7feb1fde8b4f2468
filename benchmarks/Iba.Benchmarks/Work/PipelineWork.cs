using Iba.MLNet;
using Iba.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Benchmarks;

/// <summary>Rows in, a column of heat maps out, by the ML.NET component.</summary>
internal sealed class PipelineWork : IWork
{
    private readonly WorkOrder _order;
    private readonly IDataView _rows;
    private readonly ITransformer _transformer;
    private readonly IDisposable _explainer;
    private readonly OnnxNetwork _network;

    private PipelineWork(WorkOrder order, IDataView rows, ITransformer transformer, IDisposable explainer, OnnxNetwork network)
    {
        _order = order;
        _rows = rows;
        _transformer = transformer;
        _explainer = explainer;
        _network = network;
    }

    private sealed record Photo(string File);

    private sealed record SmallImage([property: VectorType(3, SmallNetwork.Size, SmallNetwork.Size)] float[] Pixels);

    /// <summary>Photographs in files.</summary>
    public static PipelineWork Photographs(WorkOrder order)
    {
        var context = new MLContext(seed: 1);
        var network = order.Load();
        var photos = context.Data.LoadFromEnumerable(Assets.Photos().Take(order.Images).Select(file => new Photo(Path.GetFileName(file))));
        var transformer = context.Transforms.LoadImages("Pixels", Assets.Path("photos"), nameof(Photo.File))
            .Append(Explainer(context, order, network, ImagePreprocessing.EfficientNetLite))
            .Fit(photos);
        return new PipelineWork(order, photos, transformer, transformer.LastTransformer, network);
    }

    /// <summary>Small images as vectors, made as they are read, through a small network.</summary>
    public static PipelineWork SmallImages(WorkOrder order)
    {
        var context = new MLContext(seed: 1);
        var network = SmallNetwork.Create();
        var images = context.Data.LoadFromEnumerable(Enumerable.Range(0, order.Images).Select(SmallNetwork.Image).Select(pixels => new SmallImage(pixels)));
        var transformer = Explainer(context, order, network).Fit(images);
        return new PipelineWork(order, images, transformer, transformer, network);
    }

    /// <summary>A few rows: what takes time at first is the same for all.</summary>
    public void WarmUp() => Read(2 * _order.Batch);

    public void Run() => Read(int.MaxValue);

    public void Dispose()
    {
        _explainer.Dispose();
        _network.Dispose();
    }

    private static IbaEstimator Explainer(MLContext context, WorkOrder order, OnnxNetwork network, ImagePreprocessing? preprocessing = null)
        => context.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = network,
            Layer = order.Layer,
            Preprocessing = preprocessing,
            Steps = order.Steps,
            NoiseCopies = order.Copies,
            BatchSize = order.Batch,
            PassesAtOnce = order.PassesAtOnce,
            MaximumFitRows = 100,
            Seed = 0,
        });

    private void Read(int rows)
    {
        var view = _transformer.Transform(_rows);
        using var cursor = view.GetRowCursor([view.Schema["Heatmap"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Heatmap"]);
        VBuffer<float> heatmap = default;
        for (int row = 0; row < rows && cursor.MoveNext(); row++) getter(ref heatmap);
    }
}
