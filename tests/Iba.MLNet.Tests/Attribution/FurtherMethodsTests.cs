using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>Several methods in one transform: what lies before the cut is computed once for all.</summary>
public sealed class FurtherMethodsTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly PixelRow[] _rows = PixelRow.Make(12);
    private readonly IDataView _data;
    private readonly AttributionMethod[] _methods = [new GradCam(keepNegative: true), new LayerCam(), new SmoothGrad(samples: 3), new IntegratedGradients(steps: 3)];

    public FurtherMethodsTests() => _data = _ml.Data.LoadFromEnumerable(_rows);

    public void Dispose()
    {
        foreach (var method in _methods) method.Dispose();
        _network.Dispose();
    }

    private AttributionEstimator.Options Options(params AttributionMethod[] further) => new()
    {
        OutputColumnName = "Map0",
        InputColumnName = "Pixels",
        Network = _network,
        Layer = "conv2",
        Method = _methods[0],
        FurtherMethods = further.Length == 0 ? null : [.. further.Select((method, index) => ($"Map{index + 1}", method))],
        TargetColumnName = "Target",
    };

    private static float[][][] Read(IDataView view, int methods)
        => Enumerable.Range(0, methods).Select(method => view.GetColumn<float[]>($"Map{method}").ToArray()).ToArray();

    private float[][] Alone(AttributionMethod method)
    {
        var options = Options();
        options.Method = method;
        using var transformer = _ml.Transforms.Attribution(options).Fit(_data);
        return Read(transformer.Transform(_data), 1)[0];
    }

    [Fact]
    public void Each_columns_bits_are_those_of_a_transform_of_its_own()
    {
        using var transformer = _ml.Transforms.Attribution(Options(_methods[1..])).Fit(_data);
        Assert.Equal(_methods, transformer.Methods);
        Assert.Equal((_methods[0].Name, _methods[0].Unit), (transformer.Method, transformer.Unit));
        Assert.Contains("FurtherMethods = Map1 by layer-cam, Map2 by smooth-grad, Map3 by integrated-gradients", transformer.Provenance.Options);
        float[][][] found = Read(transformer.Transform(_data), 4);
        for (int method = 0; method < 4; method++) Assert.Equal(Alone(_methods[method]), found[method]);
    }

    [Fact]
    public void The_head_runs_once_for_all()
    {
        using var transformer = _ml.Transforms.Attribution(Options(_methods[1..])).Fit(_data);
        var view = transformer.Transform(_data);
        _network.HeadCalls.Clear();
        _network.TailCalls.Clear();
        using var cursor = view.GetRowCursor(view.Schema);
        var getters = Enumerable.Range(0, 4).Select(method => cursor.GetGetter<VBuffer<float>>(view.Schema[$"Map{method}"])).ToArray();
        while (cursor.MoveNext())
        {
            foreach (var getter in getters)
            {
                VBuffer<float> map = default;
                getter(ref map);
                Assert.Equal(16 * 16, map.Length);
            }
        }

        Assert.Equal(Enumerable.Repeat(1L, _rows.Length), _network.HeadCalls);
        // The prediction; Grad-CAM; LayerCAM; SmoothGrad; integrated gradients, and their ends.
        Assert.Equal(Enumerable.Repeat(new long[] { 1, 1, 1, 3, 3, 2 }, _rows.Length).SelectMany(calls => calls), _network.TailCalls);
    }

    [Fact]
    public void They_are_saved_and_loaded()
    {
        byte[] file;
        float[][][] expected;
        using (var transformer = _ml.Transforms.Attribution(Options(_methods[1..])).Fit(_data))
        {
            expected = Read(transformer.Transform(_data), 4);
            using var stream = new MemoryStream();
            _ml.Model.Save(transformer, _data.Schema, stream);
            file = stream.ToArray();
        }

        using var loaded = AttributionTransformer.Load(new MLContext(), new MemoryStream(file));
        Assert.Equal(_methods.Select(method => (method.Name, method.Unit)), loaded.Methods.Select(method => (method.Name, method.Unit)));
        Assert.Equal(expected, Read(loaded.Transform(_data), 4));
    }

    [Fact]
    public void A_row_that_fails_fails_in_all_columns()
    {
        var rows = PixelRow.Make(4);
        rows[2].Pixels[5] = float.NaN;
        var options = Options(_methods[1]);
        options.BadRows = BadRowHandling.Missing;
        using var transformer = _ml.Transforms.Attribution(options).Fit(_data);
        float[][][] found = Read(transformer.Transform(_ml.Data.LoadFromEnumerable(rows)), 2);
        Assert.All(found, maps => Assert.Equal([2], Enumerable.Range(0, 4).Where(row => maps[row].Any(float.IsNaN))));
    }

    [Fact]
    public void Their_columns_need_names_of_their_own_and_one_cut()
    {
        var twice = Options(_methods[1]);
        twice.FurtherMethods = [("Map0", _methods[1])];
        Assert.Contains("Two output columns are named 'Map0'", Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.Attribution(twice)).Message, StringComparison.Ordinal);
        var apart = Options(_methods[1]);
        (apart.Method, apart.Layer) = (_methods[2], null);
        Assert.Contains(
            "'layer-cam' is about the features of a layer: name one out of the network's Layers, or give methods that belong at the input a transform of their own",
            Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.Attribution(apart)).Message,
            StringComparison.Ordinal);
        var nameless = Options(_methods[1]);
        nameless.FurtherMethods = [(" ", _methods[1])];
        Assert.Contains("FurtherMethods", Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.Attribution(nameless)).Message, StringComparison.Ordinal);
    }
}
