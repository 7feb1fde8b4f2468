using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>A classifier that was found in a fitted model: its network, and how the model's own columns feed it.</summary>
public sealed class ModelClassifier
{
    /// <summary>What it is, for messages: "LbfgsMaximumEntropy behind ResNet18".</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The network. Made for whoever asked, who disposes it, unless <see cref="OwnsNetwork"/> is false: then it lives in the model.
    /// </summary>
    public required Network Network { get; init; }

    /// <summary>Whether <see cref="Network"/> was made for whoever asked. Default true.</summary>
    public bool OwnsNetwork { get; init; } = true;

    /// <summary>The column of the model, or of <see cref="Preparation"/>, that is explained.</summary>
    public required string InputColumnName { get; init; }

    /// <summary>The column that the model writes the classifier's scores to.</summary>
    public required string ScoreColumnName { get; init; }

    /// <summary>The key column of the predicted class, whose values name the classes; null: there is none.</summary>
    public string? PredictedLabelColumnName { get; init; }

    /// <summary>The network's input that <see cref="InputColumnName"/> feeds. Null (default): its first.</summary>
    public string? InputName { get; init; }

    /// <summary>The network's other inputs (name) and the columns that feed them (value). Null (default): none.</summary>
    public IReadOnlyDictionary<string, string>? ContextColumns { get; init; }

    /// <summary>The network's input that is 1 where a value exists and 0 at padding. Null (default): none.</summary>
    public string? MaskInputName { get; init; }

    /// <summary>The id that shorter rows are filled up with. Null (default): see <see cref="AttributionOptions.PaddingId"/>.</summary>
    public long? PaddingId { get; init; }

    /// <summary>How images in the column become the network's input. Null (default): see <see cref="AttributionOptions.Preprocessing"/>.</summary>
    public ImagePreprocessing? Preprocessing { get; init; }

    /// <summary>The names of the classes, where the classifier itself knows them. Null (default): the model's columns say them, or nothing does.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>
    /// What makes <see cref="InputColumnName"/> and the context columns out of the model's columns, for example the numbers of a text's tokens;
    /// saved with the explainer. Null (default): the model's own columns are read.
    /// </summary>
    public ITransformer? Preparation { get; init; }

    /// <summary>The layer to take where none is named. Null (default): the rule of <see cref="AttributionOptions.Layer"/>.</summary>
    public string? Layer { get; init; }

    /// <summary>The shape of a row of a vector column; null: the column's own, or the network's.</summary>
    internal int[]? InputShape { get; init; }

    /// <summary>The folder that paths start from; null: they are taken as they are.</summary>
    internal string? ImageFolder { get; init; }
}
