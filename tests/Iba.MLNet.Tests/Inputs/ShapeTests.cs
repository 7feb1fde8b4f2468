using Iba.Onnx;
using Iba.Onnx.Schema;
using Iba.Onnx.Tests;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>Inputs without a shape, of rank 0 and 1, and what the messages about them advise: advice that is followed works.</summary>
public sealed class ShapeTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly Row[] _rows = Pictures(6).unbind().Select((picture, i) => new Row
    {
        Pixels = picture.data<float>().ToArray(),
        Shift = i - 2.5f,
        One = [i - 2.5f],
        Count = i,
    }).ToArray();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void An_input_without_a_shape_takes_that_of_the_column_or_of_the_option_that_its_refusal_advises()
    {
        var expected = Explain(Make().Giving(Floats("logits", "N", Classes)));
        var unshaped = Make().Giving(Floats("logits", "N", Classes));
        unshaped.Graph.Input[0].Type.TensorType.Shape = null;
        AssertSame(expected, Explain(unshaped));
        AssertSame(expected, Explain(unshaped, options => options.InputShape = [3, 8, 8]));
        Assert.Contains("say with InputShape", Assert.ThrowsAny<ArgumentException>(() => Explain(unshaped, options => options.InputColumnName = "Flat")).Message, StringComparison.Ordinal);
        AssertSame(expected, Explain(unshaped, options => (options.InputColumnName, options.InputShape) = ("Flat", [3, 8, 8])));
        AssertSame(expected, Explain(Make().Giving(Floats("logits", "N", Classes)), options => options.InputColumnName = "Flat"));
    }

    // logits + shift, where shift is [N], [N, 1], without a shape, or an integer.
    [Theory]
    [InlineData("Shift", "one")]
    [InlineData("One", "one")]
    [InlineData("Shift", "two")]
    [InlineData("One", "two")]
    [InlineData("Shift", "none")]
    [InlineData("Count", "one")]
    public void One_number_for_each_row_comes_from_a_column_of_numbers_or_of_vectors_of_one(string column, string shape)
    {
        using var network = WithShift(shape switch { "one" => ["N"], "two" => ["N", 1], _ => null }).Load();
        var rows = Explain(network, options => options.ContextColumns = new Dictionary<string, string> { ["shift"] = column });
        float[] expected = network.Forward(
        [
            Pictures(6), tensor(_rows.Select(row => column == "Count" ? row.Count : row.Shift).ToArray()).view(shape == "one" ? [6] : [6, 1]),
        ]).softmax(1).data<float>().ToArray();
        Assert.All(expected.Zip(rows.SelectMany(row => row.Scores)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void A_number_of_all_rows_is_given_once_as_the_refusal_says()
    {
        var model = WithShift(["N"]);
        model.Graph.Input[1] = Floats("shift");
        Assert.Contains("InputValues", Assert.ThrowsAny<Exception>(() => model.Load()).Message, StringComparison.Ordinal);
        using var network = model.Load(new OnnxNetworkOptions { InputValues = new Dictionary<string, double[]> { ["shift"] = [2] } });
        float[] expected = network.Forward([Pictures(6)]).softmax(1).data<float>().ToArray();
        Assert.All(expected.Zip(Explain(network).SelectMany(row => row.Scores)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));

        using var open = WithShift(["N", 1]).Load();
        string message = Assert.ThrowsAny<ArgumentException>(() => Explain(open)).Message;
        Assert.Contains("The network's input 'shift' has no column", message, StringComparison.Ordinal);
        Assert.Contains("give its value when the network is loaded (OnnxNetworkOptions.InputValues)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_input_of_one_number_has_nothing_to_explain()
    {
        using var network = WithShift(["N"]).Load();
        Assert.Contains("it has no positions to explain", Assert.ThrowsAny<ArgumentException>(() => Explain(network, options =>
        {
            (options.InputName, options.InputColumnName) = ("shift", "One");
            options.ContextColumns = new Dictionary<string, string> { ["x"] = "Pixels" };
            options.Layer = "scaled";
        })).Message, StringComparison.Ordinal);
    }

    private sealed class Row
    {
        [VectorType(3, 8, 8)]
        public float[] Pixels { get; set; } = [];

        [VectorType(192)]
        public float[] Flat => Pixels;

        public float Shift { get; set; }

        [VectorType(1)]
        public float[] One { get; set; } = [];

        public int Count { get; set; }
    }

    /// <summary>A multiple of the first two classes' difference is added to all pictures' logits.</summary>
    private static ModelProto WithShift(object[]? shape)
    {
        var model = Make(
            Node("Reshape", ["shift", "column"], "shifts"), Node("Mul", ["shifts", "by"], "scaled"), Node("Add", ["logits", "scaled"], "moved"))
            .With(Longs("column", [-1, 1]), Iba.Onnx.Tests.TestModel.Floats("by", [1, 5], 1, -1, 0, 0.5f, 2)).Giving(PictureModel.Floats("moved", "N", Classes));
        model.Graph.Input.Add(shape == null ? Unshaped("shift") : PictureModel.Floats("shift", shape));
        return model;
    }

    private ExplainedRow[] Explain(ModelProto model, Action<IbaEstimator.Options>? change = null)
    {
        using var network = model.Load();
        return Explain(network, change);
    }

    private ExplainedRow[] Explain(OnnxNetwork network, Action<IbaEstimator.Options>? change = null)
    {
        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = network,
            Layer = "r",
            Steps = 2,
            NoiseCopies = 2,
            Seed = 1,
            ScoresColumnName = "Scores",
        };
        change?.Invoke(options);
        var data = _ml.Data.LoadFromEnumerable(_rows);
        using var transformer = _ml.Transforms.Iba(options).Fit(data);
        return _ml.Read(transformer.Transform(data));
    }

    private static void AssertSame(ExplainedRow[] expected, ExplainedRow[] found)
    {
        foreach (var (one, other) in expected.Zip(found)) Assert.Equal(one.Heatmap, other.Heatmap);
        Assert.Equal(expected.Length, found.Length);
    }
}
