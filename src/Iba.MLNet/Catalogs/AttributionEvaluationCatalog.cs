using Iba.MLNet;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Adds the evaluation of attributions to <see cref="ModelOperationsCatalog"/>.</summary>
public static class AttributionEvaluationCatalog
{
    /// <summary>
    /// Judges the maps of a view: the degradation test, insertion and deletion, and where boxes or masks are given, localisation. Each row costs some
    /// hundred passes of the network (see <see cref="AttributionEvaluationOptions.Points"/>), so judge a sample.
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.Model</c>.</param>
    /// <param name="explainer">What explained the rows; it knows the network, its inputs and its preprocessing.</param>
    /// <param name="data">The explained rows: what the transformer's <see cref="AttributionTransformerBase.Transform"/> gave, or a view that has its columns.</param>
    /// <param name="options">What is measured; null: the defaults.</param>
    /// <returns>Means over rows with intervals, and each row's numbers; rows without a map are counted, not judged.</returns>
    /// <example>
    /// Which method explains these photographs better, Grad-CAM or the information bottleneck?
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext(seed: 0);
    /// var photos = mlContext.Data.LoadFromTextFile<Photo>("photos.csv", separatorChar: ',', hasHeader: true);
    ///
    /// using var network = OnnxNetwork.Load("efficientnet-lite0.onnx");
    /// using var method = new GradCam();
    /// var preprocessing = ImagePreprocessing.EfficientNetLite;
    /// using var gradCam = mlContext.Transforms.Attribution("Map", "File", network, method, layer: "blocks.15", preprocessing).Fit(photos);
    /// using var iba = mlContext.Transforms.Iba("Map", "File", network, layer: "blocks.8", preprocessing).Fit(photos);
    ///
    /// var options = new AttributionEvaluationOptions { BoxesColumnName = "Box", MaximumRows = 50 };
    /// var ofGradCam = mlContext.Model.EvaluateAttribution(gradCam, gradCam.Transform(photos), options);
    /// var ofIba = mlContext.Model.EvaluateAttribution(iba, iba.Transform(photos), options);
    ///
    /// Console.WriteLine($"Degradation: {ofIba.DegradationIntegral}, Grad-CAM {ofGradCam.DegradationIntegral}");
    /// Console.WriteLine($"On the object: {ofIba.TopShare}, by its area {ofIba.AreaShare}, in the middle {ofIba.CentredGaussianTopShare}");
    /// var difference = ofIba.DifferenceFrom(ofGradCam, row => row.DegradationIntegral);
    /// Console.WriteLine(difference.Excludes(0) ? $"They differ: {difference}" : $"They do not differ: {difference}");
    ///
    /// class Photo
    /// {
    ///     [LoadColumn(0)]
    ///     public string File { get; set; } = "";
    ///
    ///     [LoadColumn(1, 4), VectorType(4)]
    ///     public float[] Box { get; set; } = [];
    /// }
    /// ]]></code>
    /// </example>
    public static AttributionMetrics EvaluateAttribution(
        this ModelOperationsCatalog catalog, AttributionTransformerBase explainer, IDataView data, AttributionEvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(explainer);
        ArgumentNullException.ThrowIfNull(data);
        return new AttributionEvaluator(CatalogUtils.GetEnvironment(catalog), explainer, options ?? new AttributionEvaluationOptions()).Evaluate(data);
    }

    /// <summary>
    /// Which layer, and which beta? Fits the information bottleneck at several layers, judges its maps on the first rows, and ranks them. A layer that was chosen on rows
    /// looks better on these rows than it is: report other ones.
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.Model</c>.</param>
    /// <param name="data">The rows: all are measured by Fit, the first ones are judged (<see cref="LayerSearchOptions.Evaluation"/>).</param>
    /// <param name="options">How rows are explained, as for <see cref="IbaCatalog.Iba(TransformsCatalog, IbaEstimator.Options)"/>; its layer is not read.</param>
    /// <param name="search">What is compared; null: the defaults.</param>
    /// <returns>The entries, a recommendation and its reason.</returns>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// var mlContext = new MLContext(seed: 0);
    /// var photos = mlContext.Data.LoadFromEnumerable(Directory.GetFiles("photos", "*.jpg").Select(file => new Photo { File = file }));
    /// using var network = OnnxNetwork.Load("efficientnet-lite0.onnx");
    ///
    /// var options = new IbaEstimator.Options
    /// {
    ///     OutputColumnName = "Bits",
    ///     InputColumnName = "File",
    ///     Network = network,
    ///     Preprocessing = ImagePreprocessing.EfficientNetLite,
    /// };
    /// var found = mlContext.Model.SearchLayers(photos, options);
    /// Console.WriteLine(found);                                  // a table, and why one is recommended
    /// options.Layer = found.Recommended.Layer.Name;
    /// using var explainer = mlContext.Transforms.Iba(options).Fit(photos);
    ///
    /// class Photo
    /// {
    ///     public string File { get; set; } = "";
    /// }
    /// ]]></code>
    /// </example>
    public static LayerSearchResult SearchLayers(
        this ModelOperationsCatalog catalog, IDataView data, IbaEstimator.Options options, LayerSearchOptions? search = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        return new LayerSearch(CatalogUtils.GetEnvironment(catalog), options, search ?? new LayerSearchOptions()).Run(data);
    }
}
