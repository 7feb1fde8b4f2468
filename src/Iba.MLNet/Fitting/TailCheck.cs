using System.Runtime.InteropServices;
using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Looks at the first batch of a fit: what kind of outputs, and do they depend on the features?</summary>
internal static class TailCheck
{
    /// <summary>Runs the tail on the features with gradient.</summary>
    /// <returns>The number of classes (2 where a single output stands for two), and what the outputs are.</returns>
    /// <exception cref="InvalidOperationException">The outputs are no class scores, or do not depend on the features.</exception>
    public static (int ClassCount, OutputKind Output) Run(IHost host, SplitNetwork split, Activation activation, OutputKind asked)
    {
        using var scope = torch.NewDisposeScope();
        using var grad = torch.enable_grad();
        string layer = split.LayerName;
        var features = activation.Features.detach().clone().requires_grad_(true);
        torch.Tensor returned;
        try
        {
            returned = split.Tail(features, activation);
        }
        catch (ExternalException failure)
        {
            throw host.Except(failure, $"The network cannot be run from layer '{layer}' on: {NativeError.FirstLine(failure)}");
        }

        if (ClassScores.Of(returned, features.shape[0]) is not { } outputs)
        {
            throw host.Except(
                $"The network's output is {returned.dtype} {Shapes.Format(returned.shape)} for {features.shape[0]} rows; class scores [N, classes] of floating point numbers are needed (further dimensions must be 1), or [N, 1] or [N] for two classes. " +
                "Values for each place, box or head have no single class to explain: give the network an end that picks one of them, or pools them." +
                TargetShapes.Advice(returned.shape));
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
        if (kind == OutputKind.Values) throw host.Except("Output is Values, but classes are explained: choose a target that is about values, such as ExplanationTarget.Value.");
        if (kind == OutputKind.Auto) throw host.Except("The network's outputs are NaN or infinite for the first rows: check the network and the input.");
        return ((int)Math.Max(2, outputs.shape[1]), kind);
    }
}
