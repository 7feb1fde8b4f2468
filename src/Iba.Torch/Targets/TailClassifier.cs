using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The tail of a network as a source of log-probabilities, whatever it returns, or of its outputs as they are.</summary>
internal sealed class TailClassifier(SplitNetwork network, OutputKind output)
{
    /// <summary>Keeps <c>log p</c> finite; small enough to leave a gradient wherever a softmax leaves one.</summary>
    internal const double MinProbability = 1e-30;

    /// <summary>What the tail's outputs are; <see cref="OutputKind.Auto"/> until the first finite outputs were seen.</summary>
    public OutputKind Output { get; private set; } = output;

    /// <summary>Whether the probabilities are those of labels that do not exclude each other, so that they need not sum to 1.</summary>
    public bool IsMultiLabel { get; private set; }

    /// <summary>Log-probabilities <c>[N, K, classes]</c> for K versions of each row.</summary>
    /// <remarks>A single output is the second of two classes: its logit against 0, or its probability.</remarks>
    /// <param name="features"><c>[N, K, ...]</c>.</param>
    /// <param name="origin">What the head computed for the N rows; its features' type is what the tail takes.</param>
    /// <param name="mode">How the tail is run.</param>
    public Tensor LogProbabilities(Tensor features, Activation origin, TailMode mode = TailMode.Plain) => LogProbabilities(ClassOutputs(Run(features, origin, mode), features));

    /// <summary>The prediction without bottleneck: log-probabilities <c>[N, classes]</c>.</summary>
    /// <param name="activation">What the head computed for the N rows.</param>
    public Tensor LogProbabilities(Activation activation)
        => LogProbabilities(ClassOutputs(Clean(activation), activation.Features.unsqueeze(1))).squeeze(1);

    private Tensor LogProbabilities(Tensor outputs)
    {
        bool single = outputs.shape[2] == 1;
        IsMultiLabel = Output == OutputKind.MultiLabel && !single;
        if (Output is OutputKind.Probabilities or OutputKind.MultiLabel)
        {
            return (single ? cat([1 - outputs, outputs], 2) : outputs).clamp_min(MinProbability).log();
        }

        return nn.functional.log_softmax(single ? cat([zeros_like(outputs), outputs], 2) : outputs, 2);
    }

    /// <summary>The targets' logits, or the logarithms of their probabilities where the tail gives probabilities, <c>[N, K]</c>.</summary>
    /// <remarks>A single output is the logit of the second class, negated for the first.</remarks>
    /// <param name="features"><c>[N, K, ...]</c>.</param>
    /// <param name="origin">What the head computed for the N rows.</param>
    /// <param name="targets">int64 <c>[N]</c>: classes that exist.</param>
    /// <param name="mode">How the tail is run.</param>
    public Tensor Scores(Tensor features, Activation origin, Tensor targets, TailMode mode = TailMode.Plain)
    {
        if (Output != OutputKind.Logits) return OfTarget(LogProbabilities(features, origin, mode));
        var logits = ClassOutputs(Run(features, origin, mode), features);
        return OfTarget(logits.shape[2] == 1 ? cat([-logits, logits], 2) : logits);

        Tensor OfTarget(Tensor scores) => scores.gather(2, targets.view(-1, 1, 1).expand(-1, scores.shape[1], 1)).squeeze(2);
    }

    /// <summary>What the tail returns for K versions of each row, <c>[N, K, ...]</c>, float32 or float64, of whatever shape.</summary>
    /// <param name="features"><c>[N, K, ...]</c>.</param>
    /// <param name="origin">What the head computed for the N rows.</param>
    /// <param name="mode">How the tail is run.</param>
    public Tensor Outputs(Tensor features, Activation origin, TailMode mode = TailMode.Plain) => Outputs(Run(features, origin, mode), features);

    /// <summary>What the network returns for the rows as they are, <c>[N, 1, ...]</c>.</summary>
    /// <param name="activation">What the head computed for the N rows.</param>
    public Tensor Outputs(Activation activation) => Outputs(Clean(activation), activation.Features.unsqueeze(1));

    private Tensor Outputs(Tensor returned, Tensor features)
    {
        long rows = features.shape[0], copies = features.shape[1];
        if (returned.dim() == 0 || returned.shape[0] != rows * copies || returned.numel() == 0 || !returned.is_floating_point())
        {
            throw new InvalidOperationException(
                $"The network after layer '{network.LayerName}' returned {returned.dtype} {Shapes.Format(returned.shape)} for {rows * copies} rows; expected floating point numbers, rows first.");
        }

        return returned.to_type(TypeOf(features)).reshape([rows, copies, .. returned.shape[1..]]);
    }

    /// <summary>Takes the outputs for what a look at them showed, where nobody said it.</summary>
    public void Decide(OutputKind seen)
    {
        if (Output == OutputKind.Auto) Output = seen;
    }

    /// <summary>Runs the backward pass from a loss of log-probabilities.</summary>
    /// <exception cref="InvalidOperationException">The network's output does not depend on the layer, or its backward pass failed.</exception>
    public void Backward(Tensor loss)
    {
        if (!loss.requires_grad)
        {
            throw new InvalidOperationException(
                $"The network's output does not depend on layer '{network.LayerName}' by differentiable operations: " +
                "there is nothing to optimise; cut elsewhere.");
        }

        try
        {
            loss.backward();
        }
        catch (ExternalException error) when (!NativeError.IsOutOfMemory(error))
        {
            throw new InvalidOperationException(
                $"The backward pass to layer '{network.LayerName}' failed: {NativeError.FirstLine(error)}", error);
        }
    }

    /// <summary>What the tail returns for K versions of each row, <c>[N, K, classes]</c>, float32 or float64.</summary>
    private Tensor ClassOutputs(Tensor returned, Tensor features)
    {
        long rows = features.shape[0];
        long copies = features.shape[1];
        if (ClassScores.Of(returned, rows * copies) is not { } outputs)
        {
            throw new InvalidOperationException(
                $"The network after layer '{network.LayerName}' returned {Shapes.Format(returned.shape)} for {rows * copies} rows; " +
                $"expected [{rows * copies}, classes] of floating point numbers (further dimensions must be 1), not {returned.dtype}.{TargetShapes.Advice(returned.shape)}");
        }

        if (Output == OutputKind.Auto) Output = OutputKindDetector.Detect(outputs);
        return outputs.to_type(TypeOf(features)).view(rows, copies, -1);
    }

    private static ScalarType TypeOf(Tensor features) => features.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    // The head may have come to the network's end.
    private Tensor Clean(Activation activation) => activation.Output ?? Run(activation.Features.unsqueeze(1), activation, TailMode.Plain);

    private Tensor Run(Tensor versions, Activation origin, TailMode mode)
    {
        var features = versions.flatten(0, 1).to_type(origin.Features.dtype);
        try
        {
            return mode switch
            {
                TailMode.Guided => network.GuidedTail(features, origin),
                TailMode.BFloat16 => network.BFloat16Tail(features, origin),
                _ => network.Tail(features, origin),
            };
        }
        catch (Exception error) when (error is ExternalException or FormatException && !NativeError.IsOutOfMemory(error))
        {
            throw new InvalidOperationException(
                $"The network after layer '{network.LayerName}' failed on features {Shapes.Format(features.shape)}: " +
                NativeError.FirstLine(error),
                error);
        }
    }
}
