using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>Models over tables, trained and exported by ML.NET, loaded from their ONNX files.</summary>
public sealed class ExportedTableTests
{
    private const int Columns = 5;

    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public ExportedTableTests() => _data = _ml.Data.LoadFromEnumerable(Flower.Make(300));

    public static TheoryData<string> Trainers => ["maximum entropy", "one against all", "logistic regression", "regression"];

    [Theory]
    [MemberData(nameof(Trainers))]
    public void The_file_has_the_scores_of_the_model_and_each_column_its_bits(string trainer)
    {
        bool isRegression = trainer == "regression";
        var model = Estimator(trainer).Fit(_data);
        using var file = new MemoryStream();
        _ml.Model.ConvertToOnnx(model, _data, file);
        file.Position = 0;
        using var network = OnnxNetwork.Load(file);
        Assert.Equal(["Values"], network.Inputs.Select(input => input.Name));
        Assert.DoesNotContain("Values.output", network.OtherOutputs);
        if (trainer == "maximum entropy") Assert.Equal(["kind 0", "kind 1", "kind 2"], network.ClassNames);

        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Bits",
            InputColumnName = "Values",
            Network = network,
            ScoresColumnName = "Found",
            Seed = 3,
        };
        if (isRegression) options.Target = ExplanationTarget.Value(0);
        using var explainer = _ml.Transforms.Iba(options).Fit(_data);
        var some = _ml.Data.TakeRows(_data, 30);
        var explained = explainer.Transform(some);

        float[][] expected = Scores(model.Transform(some), trainer), found = [.. explained.GetColumn<float[]>("Found")];
        for (int row = 0; row < expected.Length; row++) Assert.All(expected[row].Zip(found[row]), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        float[][] maps = [.. explained.GetColumn<float[]>("Bits")];
        double[] bits = [.. Enumerable.Range(0, Columns).Select(column => maps.Average(map => (double)map[column]))];
        Assert.Equal("Values", explainer.Layer);
        // Two columns tell the kinds apart, of which one is enough for the kind in the middle; three are noise.
        int[] telling = trainer == "logistic regression" ? [3] : [1, 3];
        Assert.True(telling.Min(column => bits[column]) > 2 * new[] { bits[0], bits[2], bits[4] }.Max(), string.Join(", ", bits));
    }

    private IEstimator<ITransformer> Estimator(string trainer)
    {
        var scaled = _ml.Transforms.NormalizeMinMax("Features", "Values");
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(scaled);
        return trainer switch
        {
            "maximum entropy" => keyed.Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy()).Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")),
            "one against all" => keyed.Append(_ml.MulticlassClassification.Trainers.OneVersusAll(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression())),
            "logistic regression" => scaled.Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression("IsMiddle")),
            _ => scaled.Append(_ml.Regression.Trainers.LbfgsPoissonRegression("Amount")),
        };
    }

    private static float[][] Scores(IDataView scored, string trainer) => trainer switch
    {
        "logistic regression" => [.. scored.GetColumn<float>("Probability").Select(second => new[] { 1 - second, second })],
        "regression" => [.. scored.GetColumn<float>("Score").Select(score => new[] { score })],
        _ => [.. scored.GetColumn<float[]>("Score")],
    };

    private sealed class Flower
    {
        [VectorType(Columns)]
        public float[] Values { get; set; } = [];

        public string Kind { get; set; } = "";

        public bool IsMiddle { get; set; }

        public float Amount { get; set; }

        public static Flower[] Make(int count)
        {
            var random = new Random(4);
            return Enumerable.Range(0, count).Select(i =>
            {
                int kind = i % 3;
                float[] values = [.. Enumerable.Range(0, Columns).Select(_ => (float)random.NextDouble())];
                values[1] += kind;
                values[3] += kind == 1 ? 1 : 0;
                return new Flower { Values = values, Kind = $"kind {kind}", IsMiddle = kind == 1, Amount = 3 + values[1] - (2 * values[3]) };
            }).ToArray();
        }
    }
}
