using System.Globalization;
using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Tries a method on the first row that it can explain, so that what cannot work fails in Fit and not at the first row that is asked for.</summary>
/// <param name="host">For errors.</param>
/// <param name="channel">Where it is said what was found.</param>
/// <param name="look">Learns the layout first.</param>
/// <param name="split">The network, cut; not disposed.</param>
/// <param name="target">What is explained.</param>
/// <param name="method">The method.</param>
internal sealed class MethodTrial(IHost host, IChannel channel, LayerLook look, SplitNetwork split, ExplanationTarget target, AttributionMethod method) : IRowFit
{
    /// <summary>Integrated gradients that miss more of the score than this are reported with a warning.</summary>
    private const double LargestError = 0.05;

    private bool _tried;

    /// <inheritdoc/>
    public bool IsPrepared => look.IsPrepared;

    /// <inheritdoc/>
    public long Rows => look.Rows;

    /// <inheritdoc/>
    public InputLayout Layout => look.Layout;

    /// <inheritdoc/>
    public void Prepare(Activation activation, InputBatch batch)
    {
        look.Prepare(activation, batch);
        if (_tried) return;
        _tried = true;
        Try(activation, batch);
    }

    /// <inheritdoc/>
    public void Add(Activation activation, InputBatch batch) => look.Add(activation, batch);

    private void Try(Activation activation, InputBatch batch)
    {
        using var scope = torch.NewDisposeScope();
        var trial = method.Trial;
        using var owned = ReferenceEquals(trial, method) ? null : trial;
        var column = look.Layout.ExplainedColumn;
        var facts = look.Facts;
        var mask = SequenceMask.Of(batch.Exists, activation.Features, facts.ChannelDimension);
        string reason = "";
        for (long row = 0; row < activation.Rows; row++)
        {
            using var one = activation.Slice(row, 1);
            var request = new AttributionRequest
            {
                // Labels are not read in Fit.
                Target = target.WithoutColumns,
                Mask = mask?.narrow(0, row, 1),
                ChannelDimension = facts.ChannelDimension,
                InputSize = [.. column.Positions(column.IsVariable ? batch.Inputs[look.Layout.Explained].shape[1..] : column.Shape)],
                Output = facts.Output,
            };
            using var result = Explain(trial, one, request);
            if (result.Failures.Count == 0)
            {
                foreach (var part in result.Questions.SelectMany(question => question is SeveralAttributions several ? several.Parts : [question])) Report(part);
                return;
            }

            reason = result.Failures[0].Reason;
        }

        channel.Warning("'{0}' explains none of the first rows: {1}.", method.Name, reason);
    }

    private Attribution Explain(AttributionMethod trial, Activation row, AttributionRequest request)
    {
        try
        {
            return trial.ExplainPass(split, row, request, new TailClassifier(split, request.Output), host.CheckAlive, CancellationToken.None);
        }
        catch (Exception failure) when (failure is NotSupportedException || RowBlame.IsPossible(failure))
        {
            throw host.Except(failure, $"Fit tried '{method.Name}' on the first row: {NativeError.FirstLine(failure).Split(" (Parameter", 2)[0]}");
        }
    }

    private void Report(Attribution result)
    {
        if (result is not IntegratedGradientsResult integrated) return;
        double difference = integrated.ScoreDifference.to(torch.float64).item<double>(), error = integrated.CompletenessError.to(torch.float64).item<double>();
        string missed = string.Create(CultureInfo.InvariantCulture, $"{difference + error:G4} of a difference of {difference:G4} in the score of the first row");
        if (Math.Abs(error) > LargestError * Math.Abs(difference)) channel.Warning("Integrated gradients sum to {0}: take more steps.", missed);
        else channel.Info("Integrated gradients sum to {0}.", missed);
    }
}
