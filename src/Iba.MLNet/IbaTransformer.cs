using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(IbaTransformer.Summary, typeof(IbaTransformer), null, typeof(SignatureLoadModel),
    IbaTransformer.UserName, IbaTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(IbaTransformer), null, typeof(SignatureLoadRowMapper),
    IbaTransformer.UserName, IbaTransformer.LoaderSignature)]

namespace Iba.MLNet;

/// <summary><see cref="ITransformer"/> resulting from fitting an <see cref="IbaEstimator"/>: adds heat maps in bits.</summary>
/// <remarks>
/// Safe for use from several threads, which take turns. Disposing it (also done by the prediction engine that was made from it) ends its
/// use, but leaves the network alone that was handed to the estimator; the network that came with a model file is disposed.
/// </remarks>
public sealed partial class IbaTransformer : RowToRowTransformerBase, ITransformer, IDisposable
{
    internal const string Summary = "Explains the predictions of a classifier by the information bottleneck for attribution.";
    internal const string UserName = "Information Bottleneck Attribution";
    internal const string LoaderSignature = "IbaTransform";

    internal IbaTransformer(IHostEnvironment env, IbaSettings settings, Network network, bool ownsNetwork, LayerStatistics statistics)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(IbaTransformer)))
    {
        Settings = settings;
        Explainer = new Explainer(Host, settings, network, ownsNetwork, statistics);
    }

    /// <summary>The layer whose features pass the bottleneck.</summary>
    public string Layer => Settings.Layer;

    /// <summary>The number of rows that Fit measured.</summary>
    public long MeasuredRows => Explainer.MeasuredRows;

    /// <summary>How images become the network's input; null where the input is no image.</summary>
    public ImagePreprocessing? Preprocessing => Settings.Input.Preprocessing;

    /// <summary>What the network's outputs were taken as.</summary>
    public OutputKind Output => Settings.Bottleneck.Output;

    /// <summary>The seed of the noise.</summary>
    public long Seed => Settings.Bottleneck.Seed;

    /// <summary>Told about progress after every batch, on the thread that computes. Not saved. Null: nobody.</summary>
    public IProgress<IbaProgress>? Progress { get; set; }

    /// <summary>
    /// How many rows go through the network together; null: one on a CPU, the whole batch on a GPU. See
    /// <see cref="IbaEstimator.Options.RowsPerPass"/>. Not saved: it is about the machine.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int? RowsPerPass
    {
        get => Explainer.RowsPerPass;
        set
        {
            Host.CheckUserArg(value is null or >= 1, nameof(RowsPerPass), $"Is {value}; allowed: at least 1, or null.");
            Explainer.RowsPerPass = value;
        }
    }

    /// <summary>
    /// How many passes are computed at once on a CPU; null: as many as a trial shows to be the fastest. See
    /// <see cref="IbaEstimator.Options.PassesAtOnce"/>. Not saved: it is about the machine.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int? PassesAtOnce
    {
        get => Explainer.Lanes.PassesAtOnce;
        set
        {
            Host.CheckUserArg(value is null or >= 1, nameof(PassesAtOnce), $"Is {value}; allowed: at least 1, or null.");
            Explainer.Lanes.PassesAtOnce = value;
        }
    }

    /// <summary>
    /// About how much memory, in bytes, the rows that are computed at once may take together; 0: no bound of its own. See
    /// <see cref="IbaEstimator.Options.MemoryBudget"/>. Not saved: it is about the machine.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 0.</exception>
    public long MemoryBudget
    {
        get => Explainer.Lanes.MemoryBudget;
        set
        {
            Host.CheckUserArg(value >= 0, nameof(MemoryBudget), $"Is {value}; allowed: 0 (no bound of its own) or more bytes.");
            Explainer.Lanes.MemoryBudget = value;
        }
    }

    internal IbaSettings Settings { get; }

    internal Explainer Explainer { get; }

    /// <summary>Adds the columns. Nothing is computed until a value of one of them is asked for; then rows are computed in batches.</summary>
    /// <param name="input">The rows to explain.</param>
    /// <remarks>Hides the base class's method, which works row by row, and takes its place in <see cref="ITransformer"/>.</remarks>
    public new IDataView Transform(IDataView input)
    {
        Host.CheckValue(input, nameof(input));
        return new BatchedRowView(
            Host, input, MakeRowMapper, Settings.BatchSize, (row, active, size) => new ExplanationBatch(Host, this, row, active, size));
    }

    /// <summary>Ends the use of this transformer; may be called twice.</summary>
    public void Dispose() => Explainer.Dispose();

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new IbaRowMapper(Host, this, schema);
}
