using Iba.MLNet;
using Iba.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Benchmarks;

/// <summary>Image files in, a column of heat maps out, by the ML.NET component.</summary>
internal sealed class PipelineWork : IWork
{
    private readonly MLContext _context = new(seed: 1);
    private readonly OnnxNetwork _network;
    private readonly TransformerChain<IbaTransformer> _transformer;
    private readonly IDataView _photos;

    private sealed record Photo(string File);

    public PipelineWork(WorkOrder order)
    {
        _network = OnnxNetwork.Load(order.File);
        var files = Assets.Photos().Take(order.Images).Select(file => new Photo(Path.GetFileName(file)));
        _photos = _context.Data.LoadFromEnumerable(files);
        _transformer = _context.Transforms.LoadImages("Photo", Assets.Path("photos"), nameof(Photo.File))
            .Append(_context.Transforms.Iba(new IbaEstimator.Options
            {
                OutputColumnName = "Heatmap",
                InputColumnName = "Photo",
                Network = _network,
                Layer = order.Layer,
                Preprocessing = ImagePreprocessing.EfficientNetLite,
                Steps = order.Steps,
                NoiseCopies = order.Copies,
                BatchSize = order.Batch,
                Seed = 0,
            }))
            .Fit(_photos);
    }

    public void Run()
    {
        var view = _transformer.Transform(_photos);
        using var cursor = view.GetRowCursor([view.Schema["Heatmap"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Heatmap"]);
        VBuffer<float> heatmap = default;
        while (cursor.MoveNext()) getter(ref heatmap);
    }

    public void Dispose()
    {
        _transformer.LastTransformer.Dispose();
        _network.Dispose();
    }
}
