using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A way to explain a classifier's predictions: for rows that went through the head of a cut network, one number per position. Derive from
/// it to add a method: give it a name and a unit, and say in <see cref="Explain(AttributionPass)"/> what to compute; checks, targets,
/// passes that fit into memory, padding and rows that fail are taken care of.
/// </summary>
/// <remarks>
/// Methods hold options, not networks: one object serves any network. It is safe to call from several threads at once where
/// <see cref="CanRunInParallel"/> is true.
/// </remarks>
public abstract class AttributionMethod : IDisposable
{
    private const int RowsBetweenTrims = 32;

    private int _rowsSinceTrim;

    /// <summary>A short, stable name, by which a saved method finds its loader (see <see cref="AttributionMethods"/>), for example "grad-cam".</summary>
    public abstract string Name { get; }

    /// <summary>What the values of the maps mean.</summary>
    public abstract MapUnit Unit { get; }

    /// <summary>Whether maps have meaningful values below 0. Default: false.</summary>
    public virtual bool IsSigned => false;

    /// <summary>Whether the method belongs at the network's input unless a layer is named. Default: false, at a layer.</summary>
    public virtual bool CutsAtInput => false;

    /// <summary>How many versions of a row's features go through the tail together, for estimates of memory. Default 1.</summary>
    public virtual int VersionsPerRow => 1;

    /// <summary>Whether several threads may explain rows with this object at the same time. Default: true.</summary>
    public virtual bool CanRunInParallel => true;

    /// <summary>Explains rows of network inputs.</summary>
    /// <param name="network">The network, cut at its input (<see cref="CutsAtInput"/>) or at a layer.</param>
    /// <param name="inputs">One tensor <c>[N, ...]</c> for each of the network's inputs.</param>
    /// <param name="request">What is asked; null: the defaults.</param>
    /// <param name="cancellation">Ends the work between two steps.</param>
    /// <inheritdoc cref="Explain(SplitNetwork, Activation, AttributionRequest, CancellationToken)"/>
    public Attribution Explain(
        SplitNetwork network, IReadOnlyList<Tensor> inputs, AttributionRequest? request = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        using var rounding = TensorFloat32.Use(request?.Execution.AllowTensorFloat32, inputs.Count > 0 ? inputs[0].device_type : TorchSharp.DeviceType.CPU);
        using var activation = network.Head(inputs);
        return Explain(network, activation, request, cancellation);
    }

    /// <summary>Explains rows that went through the head.</summary>
    /// <param name="network">The network, cut where the method is to be applied.</param>
    /// <param name="activation">What the head computed for N rows.</param>
    /// <param name="request">What is asked; null: the defaults.</param>
    /// <param name="cancellation">Ends the work between two steps.</param>
    /// <returns>
    /// The result, disposed by the caller. A row that cannot be explained (NaN or infinity, no such class, no position) is listed in
    /// <see cref="Attribution.Failures"/> and does not disturb the others.
    /// </returns>
    /// <exception cref="ArgumentException">Features, labels, mask and method do not fit together.</exception>
    /// <exception cref="InvalidOperationException">The tail failed, or memory ran out even for a single row.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public Attribution Explain(
        SplitNetwork network, Activation activation, AttributionRequest? request = null, CancellationToken cancellation = default)
    {
        request ??= new AttributionRequest();
        request.Execution.Validate();
        using var passes = new ActivationPasses(network, this, request.Execution);
        OutputKind[] known = [request.Output, AskedOutput, network.Output];
        var classifier = new TailClassifier(network, known.FirstOrDefault(output => output != OutputKind.Auto));
        return Explain(network, activation, request, classifier, passes, cancellation);
    }

    /// <summary>Writes the options, so that the loader that is registered for <see cref="Name"/> can read them. Default: there are none.</summary>
    /// <param name="writer">Where to write; left open.</param>
    public virtual void Save(BinaryWriter writer)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Explains the rows of one pass.</summary>
    /// <param name="pass">The rows, and the network.</param>
    /// <returns>What was found; its tensors belong to the dispose scope around the call.</returns>
    protected abstract Attribution Explain(AttributionPass pass);

    /// <summary>Disposes what the method keeps. Default: nothing.</summary>
    /// <param name="disposing">True from <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Refuses rows before anything is computed with them. Default: none.</summary>
    private protected virtual void CheckRows(SplitNetwork network, Activation activation, AttributionRequest request)
    {
    }

    /// <summary>
    /// The same method with as little work as still shows whether it can be applied to a network. Default: the method itself. Disposed by whoever
    /// asks, if it is another object.
    /// </summary>
    internal virtual AttributionMethod Trial => this;

    /// <summary>Cuts a network at a layer as the method needs it. Default: <see cref="Network.Split"/>.</summary>
    internal virtual SplitNetwork Cut(Network network, string layer) => network.Split(layer);

    /// <summary>What the method's own options say of the network's outputs; <see cref="OutputKind.Auto"/>: nothing.</summary>
    private protected virtual OutputKind AskedOutput => OutputKind.Auto;

    /// <summary>What to do when one row does not fit into memory, as a sentence's end.</summary>
    private protected virtual string MemoryAdvice => $"by {Name}: cut at a later layer";

    /// <inheritdoc cref="Explain(SplitNetwork, Activation, AttributionRequest, CancellationToken)"/>
    private protected Attribution Explain(
        SplitNetwork network, Activation activation, AttributionRequest request, TailClassifier classifier, ActivationPasses passes,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(activation);
        Check(network, activation, request);
        using var scope = NewDisposeScope();
        var parts = new List<Attribution>();
        passes.Run(activation, (rows, first) =>
        {
            var part = ExplainPass(network, rows, request.Narrow(first, rows.Rows), classifier, checkAlive: null, cancellation);
            part.Failures = part.Failures.Select(failure => failure with { Row = failure.Row + first }).ToArray();
            parts.Add(part);
        });
        var result = Attribution.Join(parts);
        foreach (var tensor in result.Tensors) tensor.DetachFromDisposeScope();
        return result;
    }

    /// <summary>Explains the rows of one pass; the result's tensors belong to the dispose scope around the call.</summary>
    internal Attribution ExplainPass(
        SplitNetwork network, Activation activation, AttributionRequest request, TailClassifier classifier, Action? checkAlive,
        CancellationToken cancellation)
    {
        using var differentiable = inference_mode(false);
        using var scope = NewDisposeScope();
        try
        {
            CheckRows(network, activation, request);
            var parts = request.Target.Questions.Select(question => Ask(request.With(question))).ToArray();
            var result = request.Target.IsStack ? EachAttribution.Of(parts) : parts[0];
            foreach (var tensor in result.Tensors) tensor.MoveToOuterDisposeScope();
            TrimMemory((int)activation.Rows);
            return result;
        }
        catch (Exception error) when (activation.Rows == 1 && NativeError.IsOutOfMemory(error))
        {
            throw NotEnoughMemory(network, activation.Features, error);
        }

        Attribution Ask(AttributionRequest question)
        {
            var pass = new AttributionPass(this, network, classifier, activation, question, cancellation) { CheckAlive = checkAlive };
            pass.ThrowIfCancelled();
            return FailedRows.Mark(Explain(pass), pass);
        }
    }

    /// <param name="network">The network.</param>
    /// <param name="features">The features at the cut.</param>
    /// <param name="cause">What libtorch said; null: it was not asked.</param>
    private protected InvalidOperationException NotEnoughMemory(SplitNetwork network, Tensor features, Exception? cause) => new(
        $"Not enough memory to explain one row of features {Shapes.Format(features.shape)} of layer '{network.LayerName}' {MemoryAdvice}.",
        cause);

    private static void Check(SplitNetwork network, Activation activation, AttributionRequest request)
    {
        var features = activation.Features;
        if (!features.is_floating_point())
        {
            throw new ArgumentException(
                $"'{network.LayerName}' gives {features.dtype}; only floating point features have gradients and take noise: cut at a later layer.",
                nameof(activation));
        }

        if (features.dim() == 0 || features.shape[0] == 0) throw new ArgumentException("There are no rows to explain.", nameof(activation));
        if (request.ChannelDimension < 0 || request.ChannelDimension >= features.dim())
        {
            throw new ArgumentException(
                $"{nameof(request.ChannelDimension)} is {request.ChannelDimension}; features {Shapes.Format(features.shape)} allow 0 (no channels) to {features.dim() - 1}.",
                nameof(request));
        }

        if (request.Execution is { GpuDeviceId: { } gpu, FallbackToCpu: not true }
            && (features.device_type != TorchSharp.DeviceType.CUDA || features.device.index != gpu))
        {
            throw new ArgumentException(
                $"{nameof(ExecutionOptions.GpuDeviceId)} is {gpu}, but the features lie on {features.device}: move the network there first.", nameof(request));
        }

        long rows = features.shape[0];
        if (request.TargetObjection(rows) is { } objection) throw new ArgumentException(objection, nameof(request));
        if (request.Mask is { } mask)
        {
            using var scope = NewDisposeScope();
            Shapes.BroadcastMask(mask, features, request.ChannelDimension);
        }
    }

    /// <summary>Explains the rows that another method explains in the same pass.</summary>
    internal Attribution ExplainToo(AttributionPass pass)
    {
        CheckRows(pass.Network, pass.Activation, pass.Request);
        return Explain(pass.For(this));
    }

    /// <summary>Gives kept buffers that lie idle back now and then; at every heat map it would cost what keeping them saves.</summary>
    private void TrimMemory(int rows)
    {
        if (!NativeMemory.KeepsBuffers || Interlocked.Add(ref _rowsSinceTrim, rows) < RowsBetweenTrims) return;
        Interlocked.Exchange(ref _rowsSinceTrim, 0);
        NativeMemory.Trim();
    }
}
