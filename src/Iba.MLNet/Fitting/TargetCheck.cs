using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Asks a target's question about the first batch of a fit: do the outputs fit it, and does its score depend on the features?</summary>
internal static class TargetCheck
{
    /// <param name="host">For errors.</param>
    /// <param name="split">The network, cut.</param>
    /// <param name="activation">The features of the first rows.</param>
    /// <param name="asked">What the outputs are said to be.</param>
    /// <param name="target">The target; its columns are not read in Fit.</param>
    /// <param name="inputSize">The size of the explained input.</param>
    /// <returns>How many numbers are reported of a row, and what the outputs are.</returns>
    /// <exception cref="InvalidOperationException">The outputs do not fit, or the score does not depend on the features.</exception>
    public static (int Width, OutputKind Output) Run(
        IHost host, SplitNetwork split, Activation activation, OutputKind asked, ExplanationTarget target, IReadOnlyList<long> inputSize)
    {
        using var scope = torch.NewDisposeScope();
        var results = target.Questions.Select(question => Ask(host, split, activation, asked, question, inputSize)).ToArray();
        host.Check(
            results.Select(result => result.Width).Distinct().Count() == 1,
            $"The targets of '{target}' report [{string.Join(", ", results.Select(result => result.Width))}] values for a row: ask those that report another number of values in a transform of their own.");
        return results[0];
    }

    private static (int Width, OutputKind Output) Ask(
        IHost host, SplitNetwork split, Activation activation, OutputKind asked, ExplanationTarget target, IReadOnlyList<long> inputSize)
    {
        var tail = new TailClassifier(split, asked != OutputKind.Auto ? asked : split.Output);
        bool depends = true;
        (int, OutputKind) found;
        try
        {
            TargetQuestion question;
            using (torch.no_grad()) question = target.WithoutColumns.Ask(tail, activation, new AttributionRequest { Target = target.WithoutColumns, InputSize = inputSize });
            var exists = question.Exists;
            // Where no row has what is asked for, or columns say what that is, nothing can be told.
            if (target.Columns.Count == 0 && exists.any().item<bool>()) depends = Depends(tail, question, activation, exists);
            found = ((int)question.Width, question.Kind);
        }
        catch (Exception failure) when (RowBlame.IsPossible(failure))
        {
            throw host.Except(failure, NativeError.FirstLine(failure).Split(" (Parameter", 2)[0]);
        }

        host.Check(depends, $"What target '{target}' asks for does not change with layer '{split.LayerName}': its gradient is 0 everywhere. Choose another layer.");
        return found;
    }

    private static bool Depends(TailClassifier tail, TargetQuestion question, Activation activation, torch.Tensor exists)
    {
        using var grad = torch.enable_grad();
        var type = activation.Features.dtype == torch.float64 ? torch.float64 : torch.float32;
        var features = activation.Features.detach().to(type).clone().requires_grad_(true);
        var score = question.Score(features.unsqueeze(1), TailMode.Plain);
        tail.Backward(score.masked_fill(exists.logical_not().unsqueeze(1), 0).sum());
        return features.grad is { } gradient && gradient.abs().max().to(torch.float64).item<double>() > 0;
    }
}
