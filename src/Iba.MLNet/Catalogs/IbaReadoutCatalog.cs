using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Adds attribution by a readout bottleneck to <see cref="TransformsCatalog"/>.</summary>
public static class IbaReadoutCatalog
{
    /// <summary>
    /// Create an <see cref="IbaReadoutEstimator"/>, which explains the predictions of a classifier in bits, at one forward pass a map: Fit trains a small
    /// network that says what may pass a layer.
    /// </summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="outputColumnName">
    /// Name of the column of heat maps: a vector of <see cref="float"/> of dimensions <c>[H, W]</c> in bits per pixel, or <c>[L]</c> in bits per position.
    /// </param>
    /// <param name="inputColumnName">
    /// Name of the column to explain: text with the paths of pictures, an image, or a vector of <see cref="float"/>, integers or keys. Null: named as the output.
    /// </param>
    /// <param name="network">The classifier. Stays the caller's.</param>
    /// <param name="layer">
    /// The layer whose features pass the bottleneck, a name out of <see cref="Network.Layers"/>. Null: chosen by the rule of <see cref="AttributionOptions.Layer"/>.
    /// </param>
    /// <param name="preprocessing">How images become the network's input; for a column of paths or images only.</param>
    /// <param name="epochs">How often training sees each row, at most.</param>
    /// <param name="seed">Seed of the first weights and of the noise. Null: drawn from the context's random numbers.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext(seed: 0);
    /// var photos = mlContext.Data.LoadFromEnumerable(Directory.GetFiles("photos", "*.jpg").Select(file => new Photo { File = file }));
    ///
    /// using var network = OnnxNetwork.Load("efficientnet-lite0.onnx");
    /// var pipeline = mlContext.Transforms.IbaReadout("Heatmap", "File", network, layer: "blocks.4", preprocessing: ImagePreprocessing.EfficientNetLite, epochs: 40);
    /// using var explainer = pipeline.Fit(photos); // Takes minutes.
    /// mlContext.Model.Save(explainer, photos.Schema, "readout.zip");
    ///
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
    public static IbaReadoutEstimator IbaReadout(
        this TransformsCatalog catalog,
        string outputColumnName,
        string? inputColumnName,
        Network network,
        string? layer = null,
        ImagePreprocessing? preprocessing = null,
        int epochs = 20,
        long? seed = null)
        => catalog.IbaReadout(new IbaReadoutEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            Network = network,
            Layer = layer,
            Preprocessing = preprocessing,
            Epochs = epochs,
            Seed = seed,
        });

    /// <summary>Create an <see cref="IbaReadoutEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="options">The options; copied.</param>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext(seed: 0);
    /// var digits = mlContext.Data.LoadFromTextFile<Digit>("digits.csv", separatorChar: ',');
    ///
    /// using var network = OnnxNetwork.Load("digits.onnx");
    /// var estimator = mlContext.Transforms.IbaReadout(new IbaReadoutEstimator.Options
    /// {
    ///     OutputColumnName = "Heatmap",
    ///     InputColumnName = "Pixels",
    ///     InputShape = [1, 28, 28],
    ///     Network = network,
    ///     Layer = "conv2",
    ///     ReadoutLayers = ["conv1", "conv2", "fc1"],
    ///     Epochs = 30,
    ///     Patience = 3,
    ///     CheckpointPath = "readout.training", // Stopped at any time, it goes on from the last epoch.
    ///     TotalBitsColumnName = "Bits",
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
    public static IbaReadoutEstimator IbaReadout(this TransformsCatalog catalog, IbaReadoutEstimator.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
