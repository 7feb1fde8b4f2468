namespace Iba.MLNet;

/// <summary>What <see cref="Microsoft.ML.AttributionEvaluationCatalog.SearchLayers"/> compares, and on how many rows.</summary>
public sealed class LayerSearchOptions
{
    /// <summary>
    /// The layers to compare. Null (default): of pictures the last layer of each fineness, from 1/2 to 1/32 of the input's side; of tokens the first layer of
    /// positions and those behind a quarter, half and three quarters of the work.
    /// </summary>
    public IReadOnlyList<string>? Layers { get; set; }

    /// <summary>The weights of the information to compare at each layer. Null (default): that of the estimator's options alone.</summary>
    public IReadOnlyList<double>? Betas { get; set; }

    /// <summary>
    /// How the maps are judged; <see cref="AttributionEvaluationOptions.BoxesColumnName"/> and <see cref="AttributionEvaluationOptions.MaskColumnName"/> add
    /// localisation. The default object judges 20 rows by curves of 17 points; options of your own have their own defaults, which judge all rows.
    /// </summary>
    public AttributionEvaluationOptions Evaluation { get; set; } = new() { MaximumRows = DefaultRows, Points = DefaultPoints };

    internal const int DefaultRows = 20;

    internal const int DefaultPoints = 17;
}
