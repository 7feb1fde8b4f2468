using Iba.Onnx.Tests;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace Iba.MLNet.Tests;

/// <summary>Counts all tensors of the process, so nothing else may run beside it.</summary>
[Collection(nameof(Alone))]
public class TensorLifetimeTests
{
    [Fact]
    public void No_tensor_outlives_fit_cursors_and_transformer()
    {
        var ml = new MLContext(seed: 1);
        using var network = new ConvolutionalNetwork();
        var rows = PixelRow.Make(20);
        rows[3].Pixels[0] = float.NaN;
        var data = ml.Data.LoadFromEnumerable(rows);
        var options = TestPipelines.PixelOptions(network);
        options.BadRows = BadRowHandling.Missing;
        Explain();
        // What earlier tests left to the finalizers must not go while we count.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = torch.Tensor.TotalCount;
        for (int i = 0; i < 3; i++) Explain();
        Assert.Equal(before, torch.Tensor.TotalCount);

        options.Layer = "constant";
        for (int i = 0; i < 3; i++) Assert.Throws<InvalidOperationException>(() => ml.Transforms.Iba(options).Fit(data));
        Assert.Equal(before, torch.Tensor.TotalCount);

        void Explain()
        {
            options.Layer = "conv1";
            using var transformer = ml.Transforms.Iba(options).Fit(data);
            transformer.PassesAtOnce = 3;
            using var stream = new MemoryStream();
            ml.Model.Save(transformer, data.Schema, stream);
            stream.Position = 0;
            var loaded = (IDisposable)ml.Model.Load(stream, out _);
            ml.Read(((ITransformer)loaded).Transform(data));
            loaded.Dispose();
            ml.Read(transformer.Transform(data));
            var view = transformer.Transform(data);
            using var left = view.GetRowCursor(view.Schema);
            left.MoveNext();
        }
    }

    [Fact]
    public void No_tensor_outlives_a_network_whose_tails_were_bfloat16()
    {
        var ml = new MLContext(seed: 1);
        var definition = SchemaDefinition.Create(typeof(PixelRow));
        definition["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 3, 8, 8);
        var data = ml.Data.LoadFromEnumerable(PixelRow.Make(4).Select(row => new PixelRow { Pixels = row.Pixels[..192] }), definition);
        Explain();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = torch.Tensor.TotalCount;
        for (int i = 0; i < 2; i++) Explain();
        Assert.Equal(before, torch.Tensor.TotalCount);

        void Explain()
        {
            using var network = ResidualModel.Make("N").Load();
            using var transformer = ml.Transforms.Iba(new IbaEstimator.Options
            {
                OutputColumnName = "Heatmap",
                InputColumnName = "Pixels",
                Network = network,
                Layer = "r",
                Steps = 2,
                NoiseCopies = 2,
                TailPrecision = TailPrecision.BFloat16,
                BFloat16Support = new BFloat16Support(_ => null),
            }).Fit(data);
            transformer.PassesAtOnce = 3;
            ml.Read(transformer.Transform(data));
            long held = torch.Tensor.TotalCount;
            for (int i = 0; i < 2; i++) ml.Read(transformer.Transform(data));
            Assert.Equal(held, torch.Tensor.TotalCount);
        }
    }
}

/// <summary>Tests that run when no others do.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
