using Iba.Onnx.Tests;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>ML.NET's evaluators take the transformer's columns as they are, and count what the network does.</summary>
public sealed class EvaluatorTests : IDisposable
{
    private const int Rows = 40;

    private readonly MLContext _ml = new(seed: 1);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _pictures = Pictures(Rows);

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void A_network_of_two_classes_is_evaluated_as_binary(bool twoColumns, bool byKey)
    {
        // The centre of the logits is taken out, so that both classes are predicted.
        using var network = Make(Node("MatMul", ["f", "o"], "one"), Node("Sub", ["one", "m"], "centred"), Node("Sigmoid", ["centred"], "p"), Node("Sub", ["u", "p"], "q"), Node("Concat", ["q", "p"], "both", Integer("axis", 1)))
            .With(Weights("o", [6, 1], 8), Floats("m", [1], Centre()), Floats("u", [1], 1))
            .Giving(twoColumns ? Floats("both", "N", 2) : Floats("p", "N", 1)).Load();
        float[] probabilities = network.Forward([_pictures]).data<float>().ToArray().Where((_, i) => !twoColumns || i % 2 == 1).ToArray();
        bool[] truth = Enumerable.Range(0, Rows).Select(i => i % 3 != 0).ToArray();
        var data = Data(i => truth[i] ? "yes" : "no", i => truth[i]);
        var keys = _ml.Transforms.Conversion.MapValueToKey("Key", "Name", keyData: _ml.Data.LoadFromEnumerable([new { Name = "no" }, new { Name = "yes" }]));
        var view = keys.Append(_ml.Transforms.Iba(Options(network, ["no", "yes"], options => (options.ProbabilityColumnName, options.ScoreColumnName) = ("Probability", "Score")))).Fit(data).Transform(data);

        var metrics = _ml.BinaryClassification.Evaluate(view, byKey ? "Key" : "Truth", "Score", "Probability", "PredictedLabel");

        Assert.Equal(truth.Zip(probabilities).Average(row => row.First == row.Second > 0.5f ? 1.0 : 0), metrics.Accuracy, 1e-9);
        Assert.InRange(metrics.Accuracy, 0.1, 0.9);
        Assert.Equal(truth.Zip(probabilities).Average(row => -Math.Log2(row.First ? row.Second : 1 - row.Second)), metrics.LogLoss, 1e-4);
        double[] scores = view.GetColumn<float>("Score").Select(score => (double)score).ToArray();
        Assert.All(scores.Zip(probabilities), row => Assert.Equal(row.Second, 1 / (1 + Math.Exp(-row.First)), 1e-5));
        Assert.All(view.GetColumn<float>("Probability").Zip(probabilities), row => Assert.Equal(row.Second, row.First, 1e-5));
    }

    [Fact]
    public void A_network_of_many_classes_is_evaluated_as_multiclass()
    {
        string[] names = ["ant", "bee", "cat", "dog", "eel"];
        using var network = Make(Node("Softmax", ["logits"], "p", Integer("axis", 1))).Giving(Floats("p", "N", Classes)).Load();
        float[][] probabilities = network.Forward([_pictures]).softmax(1).data<float>().ToArray().Chunk(Classes).ToArray();
        int[] truth = Enumerable.Range(0, Rows).Select(i => i % 2 == 0 ? Array.IndexOf(probabilities[i], probabilities[i].Max()) : i % Classes).ToArray();
        var data = Data(i => names[truth[i]], _ => false);
        var keys = _ml.Transforms.Conversion.MapValueToKey("Key", "Name", keyData: _ml.Data.LoadFromEnumerable(names.Select(name => new { Name = name })));
        var view = keys.Append(_ml.Transforms.Iba(Options(network, names, options => options.TargetIndex = 1))).Fit(data).Transform(data);

        var metrics = _ml.MulticlassClassification.Evaluate(view, "Key", "Scores", "PredictedLabel");

        Assert.Equal(truth.Zip(probabilities).Average(row => row.Second[row.First] == row.Second.Max() ? 1.0 : 0), metrics.MicroAccuracy, 1e-9);
        Assert.Equal(truth.Zip(probabilities).Average(row => -Math.Log(row.Second[row.First])), metrics.LogLoss, 1e-4);
        VBuffer<ReadOnlyMemory<char>> values = default;
        view.Schema["PredictedLabel"].GetKeyValues(ref values);
        Assert.Equal(names, values.DenseValues().Select(name => name.ToString()));
        Assert.Equal(
            probabilities.Select(row => (uint)Array.IndexOf(row, row.Max()) + 1), view.GetColumn<uint>("PredictedLabel"));
        Assert.Equal("MulticlassClassification", Text(view.Schema["Scores"], "ScoreColumnKind"));
        Assert.Equal("Probability", Text(view.Schema["Scores"], "ScoreValueKind"));
    }

    [Fact]
    public void Columns_for_two_classes_are_refused_where_there_are_others()
    {
        using var five = Make().Giving(Floats("logits", "N", Classes)).Load();
        Assert.Contains("ScoreColumnName is 'Score', but the network has 5 classes, not two: ScoresColumnName", Refusal(five, options => options.ScoreColumnName = "Score"), StringComparison.Ordinal);
        Assert.Contains("ProbabilityColumnName is 'P', but", Refusal(five, options => options.ProbabilityColumnName = "P"), StringComparison.Ordinal);
        using var labels = Make(Node("Sigmoid", ["logits"], "labels")).Giving(Floats("labels", "N", Classes)).Load();
        Assert.Contains("PredictedLabelColumnName is 'PredictedLabel', but the network has 5 labels that do not exclude each other", Refusal(labels, _ => { }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_cannot_be_explained_is_missing_in_them()
    {
        using var network = Make(Node("MatMul", ["f", "o"], "one"), Node("Sigmoid", ["one"], "p")).With(Weights("o", [6, 1], 8)).Giving(Floats("p", "N", 1)).Load();
        var data = Data(_ => "no", _ => false);
        using var transformer = _ml.Transforms.Iba(Options(network, null, options =>
            (options.ProbabilityColumnName, options.ScoreColumnName, options.BadRows) = ("Probability", "Score", BadRowHandling.Missing))).Fit(data);
        var view = transformer.Transform(_ml.Data.LoadFromEnumerable([new Row { Pixels = Enumerable.Repeat(float.NaN, 192).ToArray() }]));
        Assert.Equal([float.NaN], view.GetColumn<float>("Probability"));
        Assert.Equal([float.NaN], view.GetColumn<float>("Score"));
        Assert.Equal([0u], view.GetColumn<uint>("PredictedLabel"));
    }

    private sealed class Row
    {
        [VectorType(3, 8, 8)]
        public float[] Pixels { get; set; } = [];

        public string Name { get; set; } = "";

        public bool Truth { get; set; }
    }

    private float Centre()
    {
        using var network = Make(Node("MatMul", ["f", "o"], "one")).With(Weights("o", [6, 1], 8)).Giving(Floats("one", "N", 1)).Load();
        return network.Forward([_pictures]).mean().item<float>();
    }

    private string Refusal(Network network, Action<IbaEstimator.Options> change)
        => Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.Iba(Options(network, null, change)).Fit(Data(_ => "", _ => false))).Message;

    private IDataView Data(Func<int, string> name, Func<int, bool> truth) => _ml.Data.LoadFromEnumerable(
        _pictures.unbind().Select((picture, i) => new Row { Pixels = picture.data<float>().ToArray(), Name = name(i), Truth = truth(i) }).ToArray());

    private static IbaEstimator.Options Options(Network network, string[]? names, Action<IbaEstimator.Options> change)
    {
        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = network,
            Layer = "r",
            Steps = 1,
            NoiseCopies = 1,
            Seed = 1,
            ScoresColumnName = "Scores",
            PredictedLabelColumnName = "PredictedLabel",
            ClassNames = names,
        };
        change(options);
        return options;
    }

    private static string Text(DataViewSchema.Column column, string annotation)
    {
        ReadOnlyMemory<char> value = default;
        column.Annotations.GetValue(annotation, ref value);
        return value.ToString();
    }
}
