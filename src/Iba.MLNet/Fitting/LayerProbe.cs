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
    /// <param name="inputKind">What the explained input is.</param>
    /// <param name="length">The explained input's number of values, to which positions belong.</param>
    public static int ChannelDimension(IReadOnlyList<long> features, InputKind inputKind, long length)
    {
        if (features.Count != 3 || inputKind != InputKind.Integers) return 1;
        // Positions divide the sequence; where both dimensions do, tokens first is the habit of networks that read integers.
        bool tokensFirst = length % features[1] == 0, tokensLast = length % features[2] == 0;
        return tokensLast && !tokensFirst ? 1 : 2;
    }

    /// <summary>Runs the tail on the features with gradient.</summary>
    /// <returns>The number of classes, and what the outputs are.</returns>
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
            throw host.Except(failure, $"The network cannot be run from layer '{layer}' on: {failure.Message.Split('\n')[0]}");
        }

        if (outputs.dim() != 2 || outputs.shape[0] != features.shape[0] || outputs.shape[1] < 2)
        {
            throw host.Except(
                $"The network's output has shape [{string.Join(", ", outputs.shape)}] for {features.shape[0]} rows; class scores [N, classes] with " +
                "at least 2 classes are needed.");
        }

        if (!outputs.requires_grad)
        {
            throw host.Except($"Nothing after layer '{layer}' depends on it in a differentiable way: choose an earlier or later layer.");
        }

        // Classes weigh differently, because the plain sum of probabilities is always 1.
        var weights = torch.arange(1, outputs.shape[1] + 1, dtype: outputs.dtype, device: outputs.device);
        outputs.mul(weights).sum().backward();
        if (features.grad is null || features.grad.abs().max().item<float>() == 0)
        {
            throw host.Except($"The network's output does not change with layer '{layer}': its gradient is 0 everywhere. Choose another layer.");
        }

        var kind = asked != OutputKind.Auto ? asked : split.Output != OutputKind.Auto ? split.Output : OutputKindDetector.Detect(outputs.detach());
        return ((int)outputs.shape[1], kind);
    }
}
