using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Adds attribution methods to <see cref="TransformsCatalog"/>.</summary>
public static class AttributionCatalog
{
    /// <summary>
    /// Create an <see cref="AttributionEstimator"/>, which explains the predictions of a classifier by a method such as
    /// <see cref="Gradient"/>, <see cref="IntegratedGradients"/>, <see cref="GradCam"/> or <see cref="Occlusion"/>.
    /// </summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="outputColumnName">
    /// Name of the column of maps: a vector of <see cref="float"/> of dimensions <c>[H, W]</c> or <c>[L]</c>, in the method's unit.
    /// </param>
    /// <param name="inputColumnName">
    /// Name of the column to explain: text with the paths of pictures, an image, or a vector of <see cref="float"/>, integers or keys. Null: named as the output.
    /// </param>
    /// <param name="network">The classifier. Stays the caller's.</param>
    /// <param name="method">The method. Stays the caller's.</param>
    /// <param name="layer">
    /// The layer at which the network is cut, a name out of <see cref="Network.Layers"/>. Null: at the explained input, for methods that belong
    /// there (see <see cref="AttributionMethod.CutsAtInput"/>).
    /// </param>
    /// <param name="preprocessing">How images become the network's input; for a column of paths or images only.</param>
    /// <param name="labelColumnName">A column with the class to explain, an integer or a key. Null: the predicted class.</param>
    /// <example>
    /// Grad-CAM beside the information bottleneck, for the same photographs:
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext(seed: 0);
    /// var photos = mlContext.Data.LoadFromEnumerable(Directory.GetFiles("photos", "*.jpg").Select(file => new Photo { File = file }));
    ///
    /// using var network = OnnxNetwork.Load("efficientnet-lite0.onnx");
    /// using var gradCam = new GradCam();
    /// var preprocessing = ImagePreprocessing.EfficientNetLite;
    /// var pipeline = mlContext.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: "File")
    ///     .Append(mlContext.Transforms.Attribution("GradCam", "Image", network, gradCam, layer: "blocks.15", preprocessing))
    ///     .Append(mlContext.Transforms.Iba("Bits", "Image", network, layer: "blocks.4", preprocessing));
    /// using var explainer = pipeline.Fit(photos);
    ///
    /// foreach (var row in mlContext.Data.CreateEnumerable<ExplainedPhoto>(explainer.Transform(photos), reuseRowObject: false))
    ///     Console.WriteLine($"{row.File}: brightest pixel {Array.IndexOf(row.GradCam, row.GradCam.Max())}, {row.Bits.Sum():F0} bits");
    ///
    /// class Photo
    /// {
    ///     public string File { get; set; } = "";
    /// }
    ///
    /// class ExplainedPhoto : Photo
    /// {
    ///     public float[] GradCam { get; set; } = [];
    ///
    ///     public float[] Bits { get; set; } = [];
    /// }
    /// ]]></code>
    /// </example>
    public static AttributionEstimator Attribution(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        Network network,
        AttributionMethod method,
        string? layer = null,
        ImagePreprocessing? preprocessing = null,
        string? labelColumnName = null)
        => catalog.Attribution(new AttributionEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            Network = network,
            Method = method,
            Layer = layer,
            Preprocessing = preprocessing,
            LabelColumnName = labelColumnName,
        });

    /// <summary>Create an <see cref="AttributionEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="options">The options; copied.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext(seed: 0);
    /// var digits = mlContext.Data.LoadFromTextFile<Digit>("digits.csv", separatorChar: ',');
    ///
    /// // By how much does the logit of the class in the column "Label" fall where 4 x 4 pixels are replaced by the mean? And what does each pixel
    /// // add to the logit of black ones?
    /// using var network = OnnxNetwork.Load("digits.onnx");
    /// using var occlusion = new Occlusion(window: 4);
    /// using var integrated = new IntegratedGradients(InputBaseline.Zero, steps: 100);
    /// var estimator = mlContext.Transforms.Attribution(new AttributionEstimator.Options
    /// {
    ///     OutputColumnName = "Drops",
    ///     InputColumnName = "Pixels",
    ///     InputShape = [1, 28, 28],
    ///     Network = network,
    ///     Method = occlusion,
    ///     FurtherMethods = [("Parts", integrated)],
    ///     LabelColumnName = "Label",
    ///     BadRows = BadRowHandling.Missing,
    /// });
    /// using var explainer = estimator.Fit(digits);
    /// var explained = explainer.Transform(digits);
    /// float[] drops = explained.GetColumn<float[]>("Drops").First(), parts = explained.GetColumn<float[]>("Parts").First();
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
    public static AttributionEstimator Attribution(this TransformsCatalog catalog, AttributionEstimator.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
