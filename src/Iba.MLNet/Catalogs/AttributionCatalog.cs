using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Adds attribution methods to <see cref="TransformsCatalog"/>.</summary>
public static class AttributionCatalog
{
    /// <summary>
    /// Create an <see cref="AttributionEstimator"/>, which explains the predictions of a classifier by a method such as
    /// <see cref="Gradient"/>, <see cref="GradCam"/> or <see cref="Occlusion"/>.
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
    public static AttributionEstimator Attribution(this TransformsCatalog catalog, AttributionEstimator.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
