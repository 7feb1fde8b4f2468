using Google.Protobuf;
using Iba.Onnx;
using Iba.Onnx.Schema;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Iba.Onnx.Tests.TestModel;

namespace Iba.MLNet.Tests;

/// <summary>Networks over plain numbers: the input itself is the layer, and each column has its bits.</summary>
public sealed class TableTests : IDisposable
{
    private const int Columns = 6, Read = 4;

    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _messages = [];
    private readonly OnnxNetwork _network = OnnxNetwork.Load(new MemoryStream(Model().ToByteArray()));
    private readonly IDataView _data;

    public TableTests()
    {
        var random = new Random(2);
        _data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(_ => new TableRow { Values = [.. Enumerable.Range(0, Columns).Select(_ => (float)random.NextDouble() * 10)] }).ToArray());
        _ml.Log += (_, message) => { lock (_messages) _messages.Add($"{message.Kind}: {message.RawMessage}"); };
    }

    public void Dispose() => _network.Dispose();

    [Fact]
    public void A_column_that_decides_has_the_bits_and_nothing_has_to_be_said()
    {
        using var transformer = Fit();
        float[][] maps = Maps(transformer);

        Assert.Equal("x", transformer.Layer);
        Assert.All(maps, map => Assert.Equal(Columns, map.Length));
        float atRead = maps.Sum(map => map[Read]), all = maps.Sum(map => map.Sum());
        Assert.True(atRead > 0.9 * all && all > maps.Length, $"{atRead} of {all} bits");
        Assert.Contains(_messages, message => message.Contains("Layer 'x' is taken, the input itself", StringComparison.Ordinal));
        Assert.Contains(_messages, message => message.Contains("each value a position, over an input of 6", StringComparison.Ordinal));
        Assert.Contains(_messages, message => message.Contains("Beta is 0.06", StringComparison.Ordinal));
        Assert.DoesNotContain(_messages, message => message.Contains(nameof(IbaEstimator.Options.PerChannelStatistics), StringComparison.Ordinal));
        Assert.DoesNotContain(_messages, message => message.Contains("same everywhere", StringComparison.Ordinal));

        using var loaded = IbaTransformer.Load(_ml, new MemoryStream(ModelFile.Save(_ml, transformer)));
        Assert.Equal(maps, Maps(loaded));
    }

    [Fact]
    public void The_name_of_the_input_says_the_same_and_the_measured_layer_too()
    {
        using var automatic = Fit();
        using var named = Fit(options => options.Layer = "x");
        Assert.Equal(0.06, named.Beta);
        Assert.Equal(Maps(automatic), Maps(named));

        var estimator = _ml.Transforms.Iba(Options());
        using var measurement = estimator.Measure(_data);
        using var stream = new MemoryStream();
        measurement.Save(stream);
        stream.Position = 0;
        using var read = LayerMeasurement.Load(stream);
        using var measured = estimator.Fit(read);
        Assert.Equal(Maps(automatic), Maps(measured));
    }

    [Fact]
    public void Behind_the_columns_the_map_is_even_and_a_warning_says_so_unless_its_values_are_the_columns()
    {
        using var hidden = Fit(options => options.Layer = "scaled");
        Assert.All(Maps(hidden), map => Assert.Single(map.Distinct()));
        Assert.Equal(10, hidden.Beta);
        Assert.Contains(_messages, message => message.StartsWith("Warning: Layer 'scaled' has channels and no positions: its map is the same everywhere", StringComparison.Ordinal));

        _messages.Clear();
        using var scaled = Fit(options => (options.Layer, options.ChannelDimension) = ("scaled", 0));
        Assert.All(Maps(scaled), map => Assert.True(map[Read] > 0.9 * map.Sum()));
        Assert.DoesNotContain(_messages, message => message.Contains("same everywhere", StringComparison.Ordinal));
    }

    [Fact]
    public void What_does_not_go_with_a_table_is_refused_by_name()
    {
        Assert.Contains(
            ", and rows have 6 values: where there are no channels, each value of the layer belongs to one of the row.",
            Assert.ThrowsAny<ArgumentException>(() => Fit(options => (options.Layer, options.ChannelDimension) = ("hidden", 0))).Message, StringComparison.Ordinal);
        Assert.Contains("each of its values is a position", Assert.ThrowsAny<ArgumentException>(() => Fit(options => options.PerChannelStatistics = true)).Message, StringComparison.Ordinal);
        Assert.Contains("ChannelDimension is -1; allowed: 0 to 4", Assert.ThrowsAny<ArgumentException>(() => Fit(options => options.ChannelDimension = -1)).Message, StringComparison.Ordinal);
        var readout = _ml.Transforms.IbaReadout(new IbaReadoutEstimator.Options { OutputColumnName = "Bits", InputColumnName = "Values", Network = _network, Layer = "x", ReadoutLayers = ["scaled"] });
        Assert.Contains("has no channels, which a readout weighs", Assert.ThrowsAny<ArgumentException>(() => readout.Fit(_data)).Message, StringComparison.Ordinal);
    }

    private IbaEstimator.Options Options() => new() { OutputColumnName = "Bits", InputColumnName = "Values", Network = _network, Seed = 5 };

    private IbaTransformer Fit(Action<IbaEstimator.Options>? change = null)
    {
        var options = Options();
        change?.Invoke(options);
        return _ml.Transforms.Iba(options).Fit(_data);
    }

    private float[][] Maps(IbaTransformer transformer) => [.. transformer.Transform(_data).GetColumn<float[]>("Bits")];

    /// <summary>Two classes, told by one of six columns: behind a scaling, and a hidden layer of four.</summary>
    private static ModelProto Model()
    {
        float[] weights = new float[Columns * 4];
        for (int unit = 0; unit < 4; unit++) weights[(Read * 4) + unit] = unit % 2 == 0 ? 1 : -1;
        ValueInfoProto Rows(string name, int width) => new()
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor
                {
                    ElemType = (int)TensorProto.Types.DataType.Float,
                    Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" }, new TensorShapeProto.Types.Dimension { DimValue = width } } },
                },
            },
        };
        return new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 17 } },
            Graph = new GraphProto
            {
                Input = { Rows("x", Columns) },
                Output = { Rows("y", 2) },
                Initializer =
                {
                    Floats("mean", [Columns], [.. Enumerable.Repeat(5f, Columns)]),
                    Floats("first", [Columns, 4], weights),
                    Floats("second", [4, 2], 2, -2, -2, 2, 2, -2, -2, 2),
                },
                Node = { Node("Sub", ["x", "mean"], "scaled"), Node("MatMul", ["scaled", "first"], "hidden"), Node("Relu", ["hidden"], "active"), Node("MatMul", ["active", "second"], "y") },
            },
        };
    }

    private sealed class TableRow
    {
        [VectorType(Columns)]
        public float[] Values { get; set; } = [];
    }
}
