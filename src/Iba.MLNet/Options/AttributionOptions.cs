using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>What every estimator of attributions can be told: what is explained, how rows are read and computed, and which columns come out.</summary>
public abstract class AttributionOptions
{
    internal static class Defaults
    {
        internal const int BatchSize = 8;

        internal const int DegradationTile = 14;

        internal const int DegradationPoints = 32;
    }

    private protected AttributionOptions()
    {
    }

#pragma warning disable CA1051 // Options of ML.NET's components are public fields.
    /// <summary>The column of maps: one value per pixel <c>[H, W]</c>, per voxel <c>[D, H, W]</c>, or per position <c>[L]</c>. Required.</summary>
    public required string OutputColumnName;

    /// <summary>
    /// The column that is explained: text with the path of a picture file, an image, a vector of <see cref="float"/>, or a vector of integers
    /// or keys (less one). Files are read as Pillow reads them, and refused where they are cut short; an image that another component decoded
    /// shows neither that nor its orientation.
    /// Null (default): what <see cref="Model"/> says, else named as <see cref="OutputColumnName"/>.
    /// </summary>
    public string? InputColumnName;

    /// <summary>
    /// The classifier to explain. Required, unless <see cref="Model"/> is set. It stays the caller's: fitted transformers share it and do not dispose it. A
    /// transformer that was loaded from a file owns the network in that file.
    /// </summary>
    public Network? Network;

    /// <summary>
    /// A fitted or loaded model whose classifier is explained, in place of <see cref="Network"/>. The classifier says which columns it reads, and how;
    /// what is set here comes first. The fitted transformer adds the model's columns, unless the data has them, and its own, and stores the model
    /// once. The model stays the caller's: dispose it last. What can be explained: docs/models.md, and <see cref="ModelClassifiers"/>. Null (default):
    /// <see cref="Network"/> is given.
    /// </summary>
    public ITransformer? Model;

    /// <summary>The column of scores that says which classifier of <see cref="Model"/> is explained. Null (default): it has a single one.</summary>
    public string? ModelScoreColumnName;

    /// <summary>
    /// The layer at which the network is cut, a name out of <see cref="Network.Layers"/>. Null (default): methods that belong at the input are cut there,
    /// others need a name, and Fit of the bottleneck chooses, and writes it to the log. It takes what <see cref="Model"/> says or, of a network over images,
    /// signals and volumes, the last layer with at least 1/8 of the input's side, but none inside a block that makes the sides smaller (blocks are told
    /// by the names of layers): <c>layer2</c> of ResNet-50. Of a network over tokens or bytes, and where no layer has 1/8 of the side, it takes the
    /// finest positions behind the first weights, just before the next multiplication by weights: the embeddings. Of a network over a row of plain numbers, a table
    /// <c>[N, F]</c>, none of whose layers has positions, it takes the input itself: bits for each number.
    /// </summary>
    public string? Layer;

    /// <summary>
    /// How images of any size become the network's input, from an image column or from a text column of paths; else not allowed. Null
    /// (default): as the network's file says, if it says which values pixels have; else it is required.
    /// </summary>
    public ImagePreprocessing? Preprocessing;

    /// <summary>The folder that the paths of a text column start from. It is saved. Null (default): paths are taken as they are.</summary>
    public string? ImageFolder;

    /// <summary>
    /// The shape of one row of a vector column, without the batch, for example <c>[3, 224, 224]</c>. It may have another number of
    /// dimensions than the network declares, and as many values: <c>[28, 28]</c> says what picture a row of 784 is, and the network
    /// gets 784. Null (default): the column's own dimensions, or those that the network declares.
    /// </summary>
    public int[]? InputShape;

    /// <summary>
    /// The dimension of the channels in a batch of a vector column's rows: 1 for <c>[N, C, H, W]</c> and <c>[N, C, L]</c>, 2 for
    /// sequences <c>[N, T, F]</c>, 3 for <c>[N, H, W, C]</c>, 4 for <c>[N, D, H, W, C]</c>; 0: there are none. The map has the other
    /// dimensions, one to three. 0 to 4.
    /// Null (default): told from the sizes of rows and features, and written to the log, with a warning where several fit. Images have
    /// the layout of <see cref="Preprocessing"/>.
    /// </summary>
    public int? InputChannelDimension;

    /// <summary>The network's input that <see cref="InputColumnName"/> feeds. Null (default): the network's first.</summary>
    public string? InputName;

    /// <summary>The network's other inputs (name) and the columns that feed them (value), for example an attention mask.</summary>
    public IDictionary<string, string>? ContextColumns;

    /// <summary>
    /// The network's input that is 1 where a value exists and 0 at padding. Padding carries 0 bits and takes no part in the
    /// statistics. Without an entry in <see cref="ContextColumns"/> it is made from the rows' lengths. Null (default): there is
    /// none, and only rows of equal length share a batch.
    /// </summary>
    public string? MaskInputName;

    /// <summary>
    /// The id that shorter rows are filled up with, where <see cref="MaskInputName"/> is 0: up to the length that the network declares, or to the
    /// longest row of a pass. At least 0. Null (default): what the column's tokenizer says (WordPiece does), or the network's file
    /// (<c>pad_token_id</c> in its metadata), else 0. Fit tries whether it matters: networks that look for an id of their own are refused
    /// where every row is padded and nobody said with what; where lengths are open, rows of different lengths are then computed apart.
    /// </summary>
    public long? PaddingId;

    /// <summary>
    /// Rows with more values than this are cut, with a warning; what is cut off gets 0 bits. At least 1. Null (default): the length that
    /// the network declares, or no limit.
    /// </summary>
    public int? MaximumLength;

    /// <summary>
    /// A column with the class to explain: a number (counted from 0), a text (one of <see cref="ClassNames"/>, which must all differ; in
    /// another case where a single class fits), a Boolean (true is the second of two classes, or the class named so), or a key, which means
    /// its value; keys without values count from 1. A value that stands for no class is its row's failure, see <see cref="BadRows"/>. Null
    /// (default): <see cref="TargetIndex"/>, or the predicted class.
    /// </summary>
    public string? LabelColumnName;

    /// <summary>The class to explain in every row. Null (default): <see cref="LabelColumnName"/>, or the predicted class.</summary>
    public int? TargetIndex;

    /// <summary>
    /// What is explained of each row, where it is not a single class of a classifier: a contrast of two classes, several of them, the value of a regression, a region,
    /// a box, a vector; columns that it names are read. Set either this or <see cref="TargetIndex"/>; <see cref="LabelColumnName"/> beside it only where it asks for
    /// <see cref="ExplanationTarget.Label"/>. One of your own is saved only if it was registered. Null (default): what those two say, or the predicted class.
    /// </summary>
    public ExplanationTarget? Target;

    /// <summary>
    /// Names of the classes, in the network's order; the score columns carry them as slot names. Null (default): those that the columns of
    /// <see cref="Model"/> or the network's ONNX file have, or none.
    /// </summary>
    public string[]? ClassNames;

    /// <summary>What the network's outputs are. Default <see cref="OutputKind.Auto"/>: decided by Fit and written to the log.</summary>
    public OutputKind Output = OutputKind.Auto;

    /// <summary>
    /// The dimension of the channels in the layer's features: 1 for <c>[N, C, H, W]</c> and <c>[N, C, L]</c>, 2 for tokens
    /// <c>[N, T, D]</c>, 3 for <c>[N, H, W, C]</c>; for volumes 1 or 4; 0: there are none, and each value is a position, as the columns of a table
    /// <c>[N, F]</c>. 0 to 4. Null (default): told from the sizes of features and input, and written to the log, with a warning where several fit; 0 where the layer is
    /// the explained input itself and has channels or positions alone, <c>[N, F]</c>. Over an image, tokens and <c>L</c> must be a grid, row by row; tokens before it (class,
    /// registers) count in the capacity, but have no place in the map.
    /// </summary>
    public int? ChannelDimension;

    /// <summary>
    /// A column that names rows in messages, "Row 17 (dog.jpg)": text, an integer or a key. Fit needs it; rows that are explained may lack it.
    /// Null (default): the explained column, where it holds paths of pictures; else messages have the row's number alone, from 0.
    /// </summary>
    public string? RowIdColumnName;

    /// <summary>What happens to a row that cannot be explained. Default <see cref="BadRowHandling.Throw"/>.</summary>
    public BadRowHandling BadRows = BadRowHandling.Throw;

    /// <summary>The size of the maps. Default <see cref="Iba.MLNet.MapSize.Input"/>. An overlay needs maps of that size.</summary>
    public MapSize MapSize = MapSize.Input;

    /// <summary>
    /// Rows read and computed together. 1 to 65,536; default 8. Results are the same. While they are computed, the next ones are read, on another
    /// thread; where the source gives none for half a second, those that have come are shown. With 1, each row is read when it is asked for, and
    /// none ahead: for live sources. Each row is read once. Columns of types of one's own, whose values cannot be copied, have rows taken singly.
    /// </summary>
    public int BatchSize = Defaults.BatchSize;

    /// <summary>
    /// A column for why a row could not be explained, with what the row is called: "Row 17 (dog.jpg): ..." (text; empty where it was explained).
    /// Reading it never throws. Null (default): none.
    /// </summary>
    public string? FailureColumnName;

    /// <summary>
    /// A column for the explained class (<see cref="int"/>, counted from 0; a vector where there are several). Null (default): none.
    /// </summary>
    public string? TargetColumnName;

    /// <summary>
    /// A column for the box that is explained (vector of 4 <see cref="float"/>: left, top, right, bottom, in the unit of the network's boxes), with
    /// <see cref="ExplanationTarget.Box"/>. Null (default): none.
    /// </summary>
    public string? TargetBoxColumnName;

    /// <summary>
    /// A column for the class probabilities without bottleneck (vector of <see cref="float"/>); of a <see cref="Target"/> that is no class, for what it reports. Null
    /// (default): none.
    /// </summary>
    public string? ScoresColumnName;

    /// <summary>
    /// A column for the probability of the second of two classes (<see cref="float"/>), as <c>BinaryClassification.Evaluate</c> takes it.
    /// Refused by Fit where there are not two classes. Null (default): none.
    /// </summary>
    public string? ProbabilityColumnName;

    /// <summary>
    /// A column for the score of the second of two classes (<see cref="float"/>): the logarithm of its odds, above 0 where it is the likelier.
    /// Refused by Fit where there are not two classes. Null (default): none.
    /// </summary>
    public string? ScoreColumnName;

    /// <summary>
    /// A column for the predicted class as a key, whose values are <see cref="ClassNames"/>, as evaluators take it. For
    /// <c>MulticlassClassification.Evaluate</c> the label must be a key of the same values in the same order. Refused by Fit where labels do not
    /// exclude each other (<see cref="OutputKind.MultiLabel"/>). Null (default): none.
    /// </summary>
    public string? PredictedLabelColumnName;

    /// <summary>
    /// A column for the map (what is above 0 in it) drawn over the grey photograph (<see cref="MLImage"/>; the reader disposes it). Needs an image
    /// column. Null (default): none.
    /// </summary>
    public string? OverlayColumnName;

    /// <summary>
    /// A column for how the map in <see cref="OutputColumnName"/> stands the degradation test (<see cref="float"/>):
    /// <see cref="DegradationCurves.Integral"/> with tiles of 14 x 14 and about 32 points, as <c>mlContext.Model.EvaluateAttribution</c> has it for the row
    /// by default. Higher is better, 0 knows nothing; NaN where the probability hardly falls, or the picture is smaller than a tile. Where the column is
    /// read, each row goes through the whole network some 62 times more. For pictures <c>[H, W]</c>, and maps of the input's size. Null (default): none.
    /// </summary>
    public string? DegradationColumnName;

    /// <summary>Told about progress after every batch, on the thread that computes. Not saved. Null (default): nobody.</summary>
    public IProgress<IbaProgress>? Progress;

    /// <summary>Where and how rows are computed. Not saved: a transformer that was loaded has the defaults, and can be told.</summary>
    public ExecutionOptions Execution = new();
#pragma warning restore CA1051

    /// <inheritdoc cref="ExecutionOptions.RowsPerPass"/>
    public int? RowsPerPass
    {
        get => Execution.RowsPerPass;
        set => Execution.RowsPerPass = value;
    }

    /// <inheritdoc cref="ExecutionOptions.PassesAtOnce"/>
    public int? PassesAtOnce
    {
        get => Execution.PassesAtOnce;
        set => Execution.PassesAtOnce = value;
    }

    /// <summary><see cref="ExecutionOptions.MemoryBudget"/>, in bytes; 0: none.</summary>
    public long MemoryBudget
    {
        get => Execution.MemoryBudget ?? 0;
        set => Execution.MemoryBudget = value == 0 ? null : value;
    }

    /// <inheritdoc cref="ExecutionOptions.GpuDeviceId"/>
    public int? GpuDeviceId
    {
        get => Execution.GpuDeviceId;
        set => Execution.GpuDeviceId = value;
    }

    /// <inheritdoc cref="ExecutionOptions.FallbackToCpu"/>
    public bool? FallbackToCpu
    {
        get => Execution.FallbackToCpu;
        set => Execution.FallbackToCpu = value;
    }

    /// <inheritdoc cref="ExecutionOptions.AllowTensorFloat32"/>
    public bool? AllowTensorFloat32
    {
        get => Execution.AllowTensorFloat32;
        set => Execution.AllowTensorFloat32 = value;
    }

    /// <summary>What is explained of each row.</summary>
    internal ExplanationTarget AskedTarget
        => Target ?? (TargetIndex is { } index ? ExplanationTarget.Class(index) : LabelColumnName != null ? ExplanationTarget.Label : ExplanationTarget.PredictedClass);

    /// <summary>The columns that come out, the maps first; those without a name are not wanted.</summary>
    internal virtual IEnumerable<(string? Name, OutputColumnKind Kind)> OutputColumns =>
    [
        (OutputColumnName, OutputColumnKind.Heatmap),
        (TargetColumnName, OutputColumnKind.Target),
        (TargetBoxColumnName, OutputColumnKind.TargetBox),
        (ScoresColumnName, OutputColumnKind.Scores),
        (OverlayColumnName, OutputColumnKind.Overlay),
        (DegradationColumnName, OutputColumnKind.Degradation),
        (FailureColumnName, OutputColumnKind.IdentifiedFailure),
        .. EvaluatorColumns,
    ];

    /// <summary>The columns for ML.NET's evaluators.</summary>
    private protected IEnumerable<(string? Name, OutputColumnKind Kind)> EvaluatorColumns =>
    [
        (ProbabilityColumnName, OutputColumnKind.Probability),
        (ScoreColumnName, OutputColumnKind.Score),
        (PredictedLabelColumnName, OutputColumnKind.PredictedLabel),
    ];

    /// <summary>A copy that later changes of this, also of its arrays, leave alone.</summary>
    internal AttributionOptions Clone()
    {
        var copy = (AttributionOptions)MemberwiseClone();
        copy.InputShape = InputShape?.ToArray();
        copy.ClassNames = ClassNames?.ToArray();
        copy.ContextColumns = ContextColumns?.ToDictionary();
        copy.Execution = Execution.Copy();
        return copy;
    }
}
