using Iba.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>ML.NET's pretrained featurizer and its linear trainers on real photographs: transfer learning as ML.NET teaches it.</summary>
[Collection(nameof(Alone))]
[Trait("Speed", "Slow")]
public sealed class ResNet18Tests : IDisposable
{
    private const int Side = 224;

    private static readonly string Assets = Path.Combine(AppContext.BaseDirectory, "assets");

    private readonly MLContext _ml = new(seed: 1);
    private readonly ChainModels _models = new();

    public void Dispose() => _models.Dispose();

    [Fact]
    public void Every_linear_trainer_behind_the_featurizer_scores_as_ML_NET_does()
    {
        var read = _ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(_ml.Transforms.LoadImages("Image", Path.Combine(Assets, "photos"), "File"))
            .Append(_ml.Transforms.ResizeImages("Image", Side, Side)).Append(_ml.Transforms.ExtractPixels("Pixels", "Image"));
        var photos = _ml.Data.LoadFromTextFile<Photo>(Path.Combine(Assets, "photos.csv"), separatorChar: ',', hasHeader: true);
        var featurizer = _ml.Transforms.DnnFeaturizeImage("Features", network => network.ModelSelector.ResNet18(_ml, network.OutputColumn, network.InputColumn), "Pixels");
        var transfer = read.Append(featurizer).Fit(photos);
        var data = _ml.Data.Cache(transfer.Transform(photos), "Kind", "Label", "Pixels", "Features");

        string[] trainers = ["LbfgsMaximumEntropy", "SdcaMaximumEntropy", "SdcaNonCalibrated", "OneVersusAll of LbfgsLogisticRegression", "OneVersusAll of AveragedPerceptron"];
        string[] binary = ["LbfgsLogisticRegression", "AveragedPerceptron", "LinearSvm", "SgdCalibrated"];
        IEstimator<ITransformer> ends = _ml.Transforms.NormalizeMeanVariance("Normalized", "Features")
            .Append(_ml.Transforms.FeatureSelection.SelectFeaturesBasedOnMutualInformation("Selected", "Normalized", "Label", slotsInOutput: 200))
            .Append(_ml.Transforms.Concatenate("Joined", "Selected", "Features"))
            .Append(_ml.Transforms.CustomMapping<Kinds, IsAnimal>((from, to) => to.Animal = from.Kind.ToString() == "animal", null));
        foreach (string trainer in trainers) ends = ends.Append(Trainers.Multiclass(_ml, trainer, "Joined")).Append(_ml.Transforms.CopyColumns(trainer, "Score"));
        foreach (string trainer in binary) ends = ends.Append(Trainers.Binary(_ml, trainer, "Animal", "Normalized")).Append(_ml.Transforms.CopyColumns(trainer + " of two", "Score"));
        var fitted = ends.Fit(data);
        var scored = _ml.Data.TakeRows(fitted.Transform(data), 6);
        float[][] pixels = scored.GetColumn<float[]>("Pixels").ToArray();

        var found = ChainClassifiers.Read([.. ModelClassifiers.Steps(new TransformerChain<ITransformer>(transfer, fitted))]).ToArray();
        Assert.Equal(trainers.Length + binary.Length, found.Length);
        foreach (var (classifier, column) in found.Zip([.. trainers, .. binary.Select(trainer => trainer + " of two")]))
        {
            using var network = classifier.Network;
            Assert.Equal("Pixels", classifier.InputColumnName);
            Assert.Equal(column == "SgdCalibrated of two" ? "Score" : column, classifier.ScoreColumnName);
            float[][] outputs = ChainModels.Outputs(network, pixels, 3, Side, Side);
            float[][] expected = column.EndsWith(" of two", StringComparison.Ordinal)
                ? scored.GetColumn<float>(column).Select(score => new[] { 0, score }).ToArray()
                : scored.GetColumn<float[]>(column).ToArray();
            bool areProbabilities = !column.EndsWith(" of two", StringComparison.Ordinal) && column != "SdcaNonCalibrated";
            foreach (var (wanted, output) in expected.Zip(outputs)) ChainModels.Close(wanted, areProbabilities ? ChainModels.Softmax(output) : output, 1e-4 * Math.Max(1, wanted.Max(Math.Abs)));
        }
    }

    [Fact]
    public void A_loaded_scorer_and_its_network_see_the_same_class_on_every_photograph()
    {
        string file = Path.Combine(Assets, "efficientnet-lite0.onnx");
        var photos = _ml.Data.LoadFromTextFile<Photo>(Path.Combine(Assets, "photos.csv"), separatorChar: ',', hasHeader: true);
        var pipeline = _ml.Transforms.LoadImages("Image", Path.Combine(Assets, "photos"), "File").Append(_ml.Transforms.ResizeImages("Image", Side, Side))
            .Append(_ml.Transforms.ExtractPixels("images", "Image", offsetImage: 127, scaleImage: 1 / 128f)).Append(_ml.Transforms.ApplyOnnxModel("logits", "images", file));
        var model = _models.Reloaded(pipeline.Fit(photos));
        var classifier = ChainModels.Find(model);
        using var network = (OnnxNetwork)classifier.Network;
        using var expected = OnnxNetwork.Load(file);
        Assert.Equal(("images", "logits"), (classifier.InputColumnName, classifier.ScoreColumnName));
        int rows = 0;
        foreach (var row in _ml.Data.CreateEnumerable<Scored>(model.Transform(photos), reuseRowObject: false))
        {
            float[] output = ChainModels.Outputs(network, [row.Pixels], 3, Side, Side)[0];
            Assert.Equal(Array.IndexOf(row.Logits, row.Logits.Max()), Array.IndexOf(output, output.Max()));
            if (rows++ < 3) Assert.Equal(ChainModels.Outputs(expected, [row.Pixels], 3, Side, Side)[0], output);
        }

        Assert.Equal(61, rows);
    }

    private sealed class Photo
    {
        [LoadColumn(0)]
        public string File { get; set; } = "";

        [LoadColumn(1)]
        public string Kind { get; set; } = "";
    }

    private sealed class Scored
    {
        [ColumnName("images")]
        public float[] Pixels { get; set; } = [];

        [ColumnName("logits")]
        public float[] Logits { get; set; } = [];
    }

    private sealed class Kinds
    {
        public ReadOnlyMemory<char> Kind { get; set; }
    }

    private sealed class IsAnimal
    {
        public bool Animal { get; set; }
    }
}
