using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Adds attribution by information bottleneck to <see cref="TransformsCatalog"/>.</summary>
public static class IbaCatalog
{
    /// <summary>
    /// Create an <see cref="IbaEstimator"/>, which explains the predictions of a classifier: which pixels (or words, or bytes) did it
    /// need, in bits?
    /// </summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="outputColumnName">
    /// Name of the column of heat maps: a vector of <see cref="float"/> of dimensions <c>[H, W]</c>, in bits per pixel.
    /// </param>
    /// <param name="inputColumnName">
    /// Name of the column to explain: text with the paths of pictures, an image, or a vector of <see cref="float"/>, integers or keys. Null: named as the output.
    /// </param>
    /// <param name="network">The classifier. Stays the caller's.</param>
    /// <param name="layer">
    /// The layer whose features pass the bottleneck, a name out of <see cref="Network.Layers"/>. Null: chosen by the rule of <see cref="AttributionOptions.Layer"/>.
    /// </param>
    /// <param name="preprocessing">How images become the network's input; for a column of paths or images only.</param>
    /// <param name="labelColumnName">A column with the class to explain, an integer or a key. Null: the predicted class.</param>
    /// <param name="beta">Weight of the information term; larger lets less information pass. Null: see <see cref="IbaEstimator.Options.Beta"/>.</param>
    /// <param name="seed">Seed of the noise. Null: drawn from the context's random numbers.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext(seed: 0);
    /// var photos = mlContext.Data.LoadFromEnumerable(Directory.GetFiles("photos", "*.jpg").Select(file => new Photo { File = file }));
    ///
    /// using var network = OnnxNetwork.Load("efficientnet-lite0.onnx");
    /// var pipeline = mlContext.Transforms.Iba("Heatmap", "File", network, layer: "blocks.4", preprocessing: ImagePreprocessing.EfficientNetLite);
    /// using var explainer = pipeline.Fit(photos);
    ///
    /// // The sum of a heat map is the bits of the photograph that the prediction needs.
    /// foreach (var row in mlContext.Data.CreateEnumerable<ExplainedPhoto>(explainer.Transform(photos), reuseRowObject: false))
    ///     Console.WriteLine($"{row.File}: {row.Heatmap.Sum():F0} bits");
    ///
    /// class Photo
    /// {
    ///     public string File { get; set; } = "";
    /// }
    ///
    /// class ExplainedPhoto : Photo
    /// {
    ///     public float[] Heatmap { get; set; } = [];
    /// }
    /// ]]></code>
    /// </example>
    public static IbaEstimator Iba(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        Network network,
        string? layer = null,
        ImagePreprocessing? preprocessing = null,
        string? labelColumnName = null,
        double? beta = null,
        long? seed = null)
        => catalog.Iba(new IbaEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            Network = network,
            Layer = layer,
            Preprocessing = preprocessing,
            LabelColumnName = labelColumnName,
            Beta = beta,
            Seed = seed,
        });

    /// <summary>
    /// Create an <see cref="IbaEstimator"/>, which explains the predictions of a fitted or loaded model: which pixels (or words) did its classifier need,
    /// in bits? It finds the classifier in the model, and with it the columns that are read, and how.
    /// </summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="outputColumnName">Name of the column of heat maps: a vector of <see cref="float"/>, in bits per pixel or token.</param>
    /// <param name="model">
    /// What <c>Fit</c> returned or <c>mlContext.Model.Load</c> loaded. Stays the caller's. The fitted transformer adds its columns, unless the rows have them
    /// already, and then its own; saved, it holds the model once.
    /// </param>
    /// <param name="layer">The layer whose features pass the bottleneck. Null: chosen by the rule of <see cref="AttributionOptions.Layer"/>, and logged.</param>
    /// <param name="beta">Weight of the information term; larger lets less information pass. Null: see <see cref="IbaEstimator.Options.Beta"/>.</param>
    /// <param name="labelColumnName">A column with the class to explain. Null: the predicted class.</param>
    /// <param name="seed">Seed of the noise. Null: drawn from the context's random numbers.</param>
    /// <exception cref="ArgumentException">The model holds no classifier that can be explained, or several.</exception>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext(seed: 0);
    /// var photos = mlContext.Data.LoadFromEnumerable(Directory.GetFiles("photos", "*.jpg").Select(file => new Photo { File = file }));
    /// var model = mlContext.Model.Load("classifier.zip", out _);
    ///
    /// using var explained = mlContext.Transforms.Iba("Bits", model).Fit(photos);
    /// foreach (var row in mlContext.Data.CreateEnumerable<ExplainedPhoto>(explained.Transform(photos), reuseRowObject: false))
    ///     Console.WriteLine($"{row.File}: {row.PredictedLabel}, needs {row.Bits.Sum():F0} bits");
    ///
    /// mlContext.Model.Save(explained, photos.Schema, "explained-classifier.zip"); // The model and its explanation.
    ///
    /// class Photo
    /// {
    ///     public string File { get; set; } = "";
    /// }
    ///
    /// class ExplainedPhoto : Photo
    /// {
    ///     public string PredictedLabel { get; set; } = "";
    ///
    ///     public float[] Bits { get; set; } = [];
    /// }
    /// ]]></code>
    /// </example>
    public static IbaEstimator Iba(
        this TransformsCatalog catalog,
        string outputColumnName,
        ITransformer model,
        string? layer = null,
        double? beta = null,
        string? labelColumnName = null,
        long? seed = null)
        => catalog.Iba(new IbaEstimator.Options
        {
            OutputColumnName = outputColumnName,
            Model = model,
            Layer = layer,
            Beta = beta,
            LabelColumnName = labelColumnName,
            Seed = seed,
        });

    /// <summary>Create an <see cref="IbaEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="options">The options; copied.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext(seed: 0);
    /// var digits = mlContext.Data.LoadFromTextFile<Digit>("digits.csv", separatorChar: ',');
    ///
    /// // Which pixels speak for the class in the column "Label", even where the network predicts another?
    /// using var network = OnnxNetwork.Load("digits.onnx");
    /// var estimator = mlContext.Transforms.Iba(new IbaEstimator.Options
    /// {
    ///     OutputColumnName = "Heatmap",
    ///     InputColumnName = "Pixels",
    ///     InputShape = [1, 28, 28],
    ///     Network = network,
    ///     Layer = "conv2",
    ///     LabelColumnName = "Label",
    ///     TotalBitsColumnName = "Bits",
    ///     Beta = 5,
    /// });
    /// using var explainer = estimator.Fit(digits);
    /// float[] bits = explainer.Transform(digits).GetColumn<float>("Bits").ToArray();
    ///
    /// class Digit
    /// {
    ///     [LoadColumn(0)]
    ///     public int Label { get; set; }
    ///
    ///     [LoadColumn(1, 784), VectorType(784)]
    ///     public float[] Pixels { get; set; } = [];
    /// }
    /// ]]></code>
    /// </example>
    public static IbaEstimator Iba(this TransformsCatalog catalog, IbaEstimator.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
