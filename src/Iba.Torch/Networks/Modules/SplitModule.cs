using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A module cut by a forward hook: the head is the forward pass up to the layer; the tail is the whole pass with the layer's output
/// replaced. The tail runs on one copy of each image and lets the hook hand on all versions of the features, so that what lies before
/// the layer costs little; where the rest of the network mixes both batch sizes, the images are repeated instead.
/// </summary>
internal sealed class SplitModule(ModuleNetwork network, ModuleLayer layer) : SplitNetwork
{
    private readonly Dictionary<(long Rows, long Copies), Plan> _plans = [];

    /// <inheritdoc/>
    public override LayerInfo Layer => layer.Info;

    /// <inheritdoc/>
    public override OutputKind Output => network.Output;

    /// <inheritdoc/>
    public override Activation Head(IReadOnlyList<Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var input = network.Prepare(inputs);
        return new Activation(ModuleFeatures.Of([layer], network.Call, input)[0], [input.clone()]);
    }

    /// <inheritdoc/>
    public override Tensor Tail(Tensor features, Activation origin)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(origin);
        long rows = origin.Rows, copies = Copies.Of(features, origin);
        var plan = PlanFor(features, origin.Context[0], rows, copies);
        using var scope = NewDisposeScope();
        try
        {
            return Run(origin.Context[0], features, copies, plan).MoveToOuterDisposeScope();
        }
        catch (ExternalException exception)
        {
            throw TailFailure(exception, features);
        }
    }

    /// <inheritdoc/>
    public override long ResultBytes(Activation origin)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var row = origin.Slice(0, 1);
        bool passed = false;
        try
        {
            return network.ResultBytes(() => passed, () => layer.Run(network.Call, row.Context[0].clone(), _ =>
            {
                passed = true;
                return row.Features.clone();
            }));
        }
        catch (ExternalException exception)
        {
            throw TailFailure(exception, row.Features);
        }
    }

    /// <inheritdoc/>
    public override string HeadFingerprint() => Fingerprint(network.HeadWeights(layer));

    private Tensor Run(Tensor input, Tensor features, long copies, Plan plan)
    {
        // Containers dispose what flows through them, so that the network gets its own handles.
        var given = plan.RepeatInput && copies > 1 ? input.repeat_interleave(copies, 0) : input.clone();
        return layer.Run(network.Call, given, _ => plan.ProtectFeatures ? features.clone() : features.alias());
    }

    /// <summary>The way to run the tail, tried out once for one row or many, one copy or many.</summary>
    private Plan PlanFor(Tensor features, Tensor input, long rows, long copies)
    {
        var key = (Rows: Math.Min(rows, 2), Copies: Math.Min(copies, 3));
        if (_plans.TryGetValue(key, out var known)) return known;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var trialInput = input.narrow(0, 0, key.Rows);
        var trial = RandomLike(features.narrow(0, 0, key.Rows * key.Copies));
        var handedOn = trial.clone();
        Tensor expected;
        try
        {
            expected = Run(trialInput, handedOn, key.Copies, new Plan(RepeatInput: true, ProtectFeatures: false)).clone();
        }
        catch (ExternalException exception)
        {
            throw TailFailure(exception, trial);
        }

        if (expected.dim() == 0 || expected.shape[0] != trial.shape[0])
        {
            throw new InvalidOperationException(
                $"The module gave shape {Shapes.Format(expected.shape)} for {trial.shape[0]} rows: its first dimension must be the batch.");
        }

        bool isChanged = !handedOn.Equals(trial);
        bool mixes = key.Copies > 1 && (network.RepeatsInput || !Agrees(trialInput, trial, key.Copies, expected));
        return _plans[key] = new Plan(RepeatInput: mixes, ProtectFeatures: isChanged);
    }

    /// <summary>Whether one copy of each image gives what repeated images give.</summary>
    private bool Agrees(Tensor input, Tensor features, long copies, Tensor expected)
    {
        Tensor output;
        try
        {
            output = Run(input, features, copies, new Plan(RepeatInput: false, ProtectFeatures: true));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && !NativeError.IsOutOfMemory(exception))
        {
            return false; // The module's code may object to mixed batch sizes with any exception.
        }

        double scale = expected.abs().max().to(ScalarType.Float64).item<double>();
        return output.shape.SequenceEqual(expected.shape) && output.allclose(expected, rtol: 1e-3, atol: 1e-4 * scale, equal_nan: true);
    }

    /// <summary>Different values in every row, of the size of the features: mixed-up rows show in the output.</summary>
    private static Tensor RandomLike(Tensor features)
    {
        using var generator = new Generator(0);
        var noise = randn(features.shape, generator: generator).to(features.dtype).to(features.device);
        return noise.mul_(features.std().nan_to_num(1.0).clamp_min(1e-3)).add_(features.mean());
    }

    private InvalidOperationException TailFailure(ExternalException exception, Tensor features)
        => new($"The module fails after layer '{Layer.Name}' on features of shape {Shapes.Format(features.shape)}: {NativeError.FirstLine(exception)}",
            exception);

    /// <param name="RepeatInput">Whether each image is repeated for each version of its features.</param>
    /// <param name="ProtectFeatures">Whether the module changes the features in place, so that it must get a copy.</param>
    private sealed record Plan(bool RepeatInput, bool ProtectFeatures);
}
