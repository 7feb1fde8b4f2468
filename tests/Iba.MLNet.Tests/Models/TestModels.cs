using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms;

namespace Iba.MLNet.Tests;

/// <summary>A row of generated pixels and the name of its class.</summary>
public sealed class KindRow
{
    [VectorType(3, PixelRow.Side, PixelRow.Side)]
    public float[] Pixels { get; set; } = [];

    public string Name { get; set; } = "";

    public string Kind { get; set; } = "";

    public static KindRow[] Make(int count) => PixelRow.Make(count).Select(row => new KindRow { Pixels = row.Pixels, Name = row.Name, Kind = $"kind {row.Label}" }).ToArray();
}

/// <summary>What a row of a model and its explanation is read into.</summary>
public sealed class ScoredRow
{
    public float[] Heatmap { get; set; } = [];

    public float[] Score { get; set; } = [];

    public float[] Probabilities { get; set; } = [];

    public string Name { get; set; } = "";
}

/// <summary>What the models' counted step reads.</summary>
public sealed class CountedPixels
{
    [VectorType(3, PixelRow.Side, PixelRow.Side)]
    public float[] Pixels { get; set; } = [];
}

/// <summary>What it writes.</summary>
public sealed class CountedFeatures
{
    [VectorType(3 * PixelRow.Side * PixelRow.Side)]
    public float[] Counted { get; set; } = [];
}

/// <summary>Copies pixels, and counts the rows that the models of the tests score.</summary>
[CustomMappingFactoryAttribute(Contract)]
public sealed class CountingStep : CustomMappingFactory<CountedPixels, CountedFeatures>
{
    public const string Contract = "counted features";

    private static int _rows;

    public static int Rows => _rows;

    public static void Reset() => _rows = 0;

    public override Action<CountedPixels, CountedFeatures> GetMapping() => (pixels, features) =>
    {
        Interlocked.Increment(ref _rows);
        features.Counted = pixels.Pixels.ToArray();
    };
}

/// <summary>
/// Models of ML.NET's own parts, a key of <see cref="KindRow.Kind"/> and a linear trainer on counted pixels, and what reads them: it says that the classifier is
/// a convolutional network on the pixels.
/// </summary>
internal static class TestModels
{
    /// <summary>The networks that the reader made, for tests that run one after the other.</summary>
    public static List<ConvolutionalNetwork> Made { get; } = [];

    /// <summary>The seed of the weights that the reader finds in a model.</summary>
    public static int Seed { get; set; } = 5;

    public static void Register() => ModelClassifiers.Register("counted models", Read);

    public static TransformerChain<MulticlassPredictionTransformer<MaximumEntropyModelParameters>> Fit(MLContext ml, IDataView data)
    {
        ml.ComponentCatalog.RegisterAssembly(typeof(CountingStep).Assembly);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Key", "Kind")
            .Append(ml.Transforms.CustomMapping(new CountingStep().GetMapping(), CountingStep.Contract))
            .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(new LbfgsMaximumEntropyMulticlassTrainer.Options
            {
                LabelColumnName = "Key",
                FeatureColumnName = "Counted",
                MaximumNumberOfIterations = 3,
                NumberOfThreads = 1,
            }));
        return pipeline.Fit(data);
    }

    private static IEnumerable<ModelClassifier> Read(IReadOnlyList<ITransformer> steps)
    {
        if (!steps.Any(step => step is CustomMappingTransformer<CountedPixels, CountedFeatures>)) yield break;
        yield return Make(Seed, "Score");
        if (steps.Any(step => step is ColumnConcatenatingTransformer)) throw new NotSupportedException("a tree has no gradient; train a linear model.");
        if (steps.Any(step => step is ColumnCopyingTransformer)) yield return Make(6, "SecondScore");
    }

    private static ModelClassifier Make(int seed, string scores)
    {
        var network = new ConvolutionalNetwork(seed);
        Made.Add(network);
        return new ModelClassifier
        {
            Name = $"network {seed}",
            Network = network,
            InputColumnName = "Pixels",
            ScoreColumnName = scores,
            PredictedLabelColumnName = "PredictedLabel",
            Layer = "conv1",
        };
    }
}
