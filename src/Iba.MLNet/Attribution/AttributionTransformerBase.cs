using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>What the transformers that add attributions share: lazy, batched columns, and how the machine is used.</summary>
/// <remarks>
/// Safe for use from several threads, which take turns. Disposing it (also done by the prediction engine that was made from it, unless that has
/// <c>OwnsTransformer = false</c>) ends its use, but leaves the network or model alone that was handed to the estimator; what came with a model file is disposed. Where a model was handed to the
/// estimator, the columns that it adds come first, unless the rows have them already: it is not run a second time.
/// </remarks>
public abstract class AttributionTransformerBase : RowToRowTransformerBase, ITransformer, IClassifierHolder, IDisposable
{
    private protected AttributionTransformerBase(IHost host, Explainer explainer)
        : base(host) => Explainer = explainer;

    /// <summary>What the network's outputs were taken as.</summary>
    public OutputKind Output => Settings.Output;

    /// <summary>How images become the network's input; null where the input is no image.</summary>
    public ImagePreprocessing? Preprocessing => Settings.Input.Preprocessing;

    /// <summary>Told about progress after every batch, on the thread that computes. Not saved. Null: nobody.</summary>
    public IProgress<IbaProgress>? Progress
    {
        get => Explainer.Progress;
        set => Explainer.Progress = value;
    }

    /// <inheritdoc cref="ExecutionOptions.RowsPerPass"/>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int? RowsPerPass
    {
        get => Explainer.Execution.RowsPerPass;
        set
        {
            CheckRange(value is null or >= 1, nameof(RowsPerPass), value, "at least 1, or null");
            Explainer.Execution.RowsPerPass = value;
        }
    }

    /// <inheritdoc cref="ExecutionOptions.PassesAtOnce"/>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int? PassesAtOnce
    {
        get => Explainer.Execution.PassesAtOnce;
        set
        {
            CheckRange(value is null or >= 1, nameof(PassesAtOnce), value, "at least 1, or null");
            Explainer.Execution.PassesAtOnce = value;
        }
    }

    /// <summary><see cref="ExecutionOptions.MemoryBudget"/>, in bytes; 0: none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 0.</exception>
    public long MemoryBudget
    {
        get => Explainer.Execution.MemoryBudget ?? 0;
        set
        {
            CheckRange(value >= 0, nameof(MemoryBudget), value, "0 (no bound of its own) or more bytes");
            Explainer.Execution.MemoryBudget = value == 0 ? null : value;
        }
    }

    /// <inheritdoc cref="ExecutionOptions.Threads"/>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int? Threads
    {
        get => Explainer.Execution.Threads;
        set
        {
            CheckRange(value is null or >= 1, nameof(Threads), value, "at least 1, or null");
            Explainer.Execution.Threads = value;
        }
    }

    /// <inheritdoc cref="ExecutionOptions.AllowTensorFloat32"/>
    public bool? AllowTensorFloat32
    {
        get => Explainer.Execution.AllowTensorFloat32;
        set => Explainer.Execution.AllowTensorFloat32 = value;
    }

    /// <summary>
    /// Where this comes from. The network's hash is computed whenever it is asked of a transformer that was not loaded, which takes as long as to
    /// save the network.
    /// </summary>
    public Provenance Provenance => new()
    {
        NetworkSha256 = Fit.NetworkSha256 ?? HashNetwork(),
        Layer = Settings.Layer,
        MeasuredRows = CountedRows,
        Seed = NoiseSeed,
        Options = Fit.Options,
        LibraryVersion = Fit.LibraryVersion,
        TorchVersion = Fit.TorchVersion,
    };

    /// <summary>What is saved of how this came about; the network's hash is that of the file that this was loaded from.</summary>
    internal FitRecord Fit { get; set; } = FitRecord.Unknown;

    /// <summary>What a bottleneck computes the network behind the layer in here: Float32 or BFloat16.</summary>
    internal virtual TailPrecision ComputedIn => TailPrecision.Float32;

    private protected virtual long? CountedRows => null;

    private protected virtual long? NoiseSeed => null;

    /// <summary>The model that comes before; null: none.</summary>
    internal ExplainedModel? Model { get; set; }

    /// <summary>What Fit decided. Views that were made before another is set must not be read afterwards.</summary>
    internal RowSettings Settings
    {
        get => Explainer.Settings;
        set => Explainer.Settings = value;
    }

    bool ITransformer.IsRowToRowMapper => Model?.IsRowToRowMapper != false;

    ITransformer? IClassifierHolder.InnerModel => Model?.Model;

    IEnumerable<string> IClassifierHolder.AddedColumns => Settings.Outputs.Select(output => output.Name);

    ModelClassifier? IClassifierHolder.OwnClassifier => Model == null ? OwnClassifier.Of(GetType().Name, Settings, Explainer.Network) : null;

    internal Network Network => Explainer.Network;

    private protected Explainer Explainer { get; }

    /// <summary>Adds the columns. Nothing is computed until a value of one of them is asked for; then rows are computed in batches.</summary>
    /// <param name="input">The rows to explain.</param>
    /// <remarks>Hides the base class's method, which works row by row, and takes its place in <see cref="ITransformer"/>.</remarks>
    public new IDataView Transform(IDataView input)
    {
        Host.CheckValue(input, nameof(input));
        return new BatchedRowView(
            Host,
            Model?.Transform(input) ?? input,
            MakeRowMapper,
            Settings.BatchSize,
            Explainer.CheckFingerprint,
            (row, active, size, total) => new ExplanationBatch(Host, Explainer, row, active, size, total));
    }

    /// <summary>The columns that <see cref="Transform"/> gives.</summary>
    /// <param name="inputSchema">The columns of the rows.</param>
    /// <remarks>Hides the base class's method, and takes its place in <see cref="ITransformer"/>.</remarks>
    public new DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        return base.GetOutputSchema(Model?.GetOutputSchema(inputSchema) ?? inputSchema);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        Host.Check(((ITransformer)this).IsRowToRowMapper, "The model does not work row by row (it drops rows, or looks at several at once), so that there is no engine for it: use Transform.");
        var before = Model?.GetMappers(inputSchema) ?? [];
        var schema = before.Count == 0 ? inputSchema : before[^1].OutputSchema;
        var own = new RowToRowMapperTransform(Host, new EmptyDataView(Host, schema), MakeRowMapper(schema), MakeRowMapper);
        return before.Count == 0 ? own : new CompositeRowToRowMapper(inputSchema, [.. before, own]);
    }

    /// <summary>Ends the use of this transformer; may be called twice.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the transformer holds.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        Explainer.Dispose();
        Model?.Dispose();
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new ExplanationRowMapper(Host, this, Explainer, schema);

    private string? HashNetwork()
    {
        try
        {
            return SavedNetwork.Hash(Stream.Null, Explainer);
        }
        catch (Exception failure) when (failure is NotSupportedException or InvalidOperationException and not ObjectDisposedException)
        {
            return null; // It cannot be saved: Save says why.
        }
    }

    private void CheckRange(bool holds, string option, object? found, string allowed)
        => Host.CheckUserArg(holds, option, $"{option} is {found}; allowed: {allowed}.");
}
