using System.Runtime.InteropServices;
using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Looks at the first batch of a fit: what kind of features, what kind of outputs, and do the outputs depend on the features?</summary>
internal static class LayerProbe
{
    /// <summary>The dimension of the channels in features <c>[N, ...]</c>.</summary>
    /// <param name="features">The features' shape.</param>
    /// <param name="declared">The shape that the network declares for the layer, -1 where it varies with the input; any rank.</param>
    /// <param name="inputKind">What the explained input is.</param>
    /// <param name="size">The explained input's size without its channels, to which positions belong.</param>
    public static int ChannelDimension(
        IReadOnlyList<long> features, IReadOnlyList<long> declared, InputKind inputKind, IReadOnlyList<long> size) => features.Count switch
        {
            3 when inputKind == InputKind.Integers => ChannelDimensionOfSequence(features, declared, size[0]),
            3 when size.Count == 2 => TokenGrid.Of(features[1], size) != null ? 2 : 1,
            // Height and width have the proportions of the image.
            4 when size.Count == 2 => SameProportions(features[1], features[2], size) && !SameProportions(features[2], features[3], size) ? 3 : 1,
            _ => 1,
        };

    // Positions vary with the sequence's length, or equal it, or divide it; where both dimensions do, tokens first is the habit of
    // networks that read integers.
    private static int ChannelDimensionOfSequence(IReadOnlyList<long> features, IReadOnlyList<long> declared, long length)
    {
        if (declared is [_, var second, var third] && second < 0 != third < 0) return second < 0 ? 2 : 1;
        if (features[1] == length != (features[2] == length)) return features[1] == length ? 2 : 1;
        return length % features[2] == 0 && length % features[1] != 0 ? 1 : 2;
    }

    private static bool SameProportions(long height, long width, IReadOnlyList<long> size) => height * size[1] == width * size[0];

    /// <summary>Runs the tail on the features with gradient.</summary>
    /// <returns>The number of classes (2 where a single output stands for two), and what the outputs are.</returns>
    /// <exception cref="InvalidOperationException">The outputs are no class scores, or do not depend on the features.</exception>
    public static (int ClassCount, OutputKind Output) ProbeTail(IHost host, SplitNetwork split, Activation activation, OutputKind asked)
    {
        using var scope = torch.NewDisposeScope();
        using var grad = torch.enable_grad();
        string layer = split.Layer.Name;
        var features = activation.Features.detach().clone().requires_grad_(true);
        torch.Tensor outputs;
        try
        {
            outputs = split.Tail(features, activation);
        }
        catch (ExternalException failure)
        {
            throw host.Except(failure, $"The network cannot be run from layer '{layer}' on: {NativeError.FirstLine(failure)}");
        }

        if (outputs.dim() != 2 || outputs.shape[0] != features.shape[0] || outputs.shape[1] < 1)
        {
            throw host.Except(
                $"The network's output has shape [{string.Join(", ", outputs.shape)}] for {features.shape[0]} rows; class scores [N, classes] " +
                "are needed, or [N, 1] for two classes.");
        }

        if (!outputs.requires_grad)
        {
            throw host.Except($"Nothing after layer '{layer}' depends on it in a differentiable way: choose an earlier or later layer.");
        }

        // Classes weigh differently, because the plain sum of probabilities is always 1.
        var weights = torch.arange(1, outputs.shape[1] + 1, dtype: outputs.dtype, device: outputs.device);
        outputs.mul(weights).sum().backward();
        if (features.grad is null || features.grad.abs().max().to(torch.float64).item<double>() == 0)
        {
            throw host.Except($"The network's output does not change with layer '{layer}': its gradient is 0 everywhere. Choose another layer.");
        }

        var kind = asked != OutputKind.Auto ? asked : split.Output != OutputKind.Auto ? split.Output : OutputKindDetector.Detect(outputs.detach());
        if (kind == OutputKind.Auto) throw host.Except("The network's outputs are NaN or infinite for the first rows: check the network and the input.");
        return ((int)Math.Max(2, outputs.shape[1]), kind);
    }
}
