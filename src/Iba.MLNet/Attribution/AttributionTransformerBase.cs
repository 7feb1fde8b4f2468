using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>What the transformers that add attributions share: lazy, batched columns, and how the machine is used.</summary>
/// <remarks>
/// Safe for use from several threads, which take turns. Disposing it (also done by the prediction engine that was made from it) ends its
/// use, but leaves the network alone that was handed to the estimator; the network that came with a model file is disposed.
/// </remarks>
public abstract class AttributionTransformerBase : RowToRowTransformerBase, ITransformer, IDisposable
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

    private protected virtual long? CountedRows => null;

    private protected virtual long? NoiseSeed => null;

    /// <summary>What Fit decided. Views that were made before another is set must not be read afterwards.</summary>
    internal RowSettings Settings
    {
        get => Explainer.Settings;
        set => Explainer.Settings = value;
    }

    internal Network Network => Explainer.Network;

    private protected Explainer Explainer { get; }

    /// <summary>Adds the columns. Nothing is computed until a value of one of them is asked for; then rows are computed in batches.</summary>
    /// <param name="input">The rows to explain.</param>
    /// <remarks>Hides the base class's method, which works row by row, and takes its place in <see cref="ITransformer"/>.</remarks>
    public new IDataView Transform(IDataView input)
    {
        Host.CheckValue(input, nameof(input));
        return new BatchedRowView(
            Host, input, MakeRowMapper, Settings.BatchSize, Explainer.CheckFingerprint, (row, active, size) => new ExplanationBatch(Host, Explainer, row, active, size));
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
        if (disposing) Explainer.Dispose();
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
