using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>
/// Finds the classifiers of fitted chains with ApplyOnnxModel steps, which DnnFeaturizeImage is made of, too: networks that score classes, and
/// linear trainers behind networks.
/// </summary>
internal static class ChainClassifiers
{
    /// <summary>What is found, for messages.</summary>
    public const string Kind = "ApplyOnnxModel, and linear classifiers behind it or behind DnnFeaturizeImage";

    /// <param name="steps">The steps of a model in order.</param>
    /// <returns>
    /// The classifiers, linear ones first, each with a network of its own; none: no step applies a network. What cannot be explained is told by an
    /// exception behind those that can.
    /// </returns>
    /// <exception cref="NotSupportedException">There are networks, and what they lead to cannot be explained; the message says why, and what can.</exception>
    /// <exception cref="FileNotFoundException">A network's file is not there any more.</exception>
    public static IEnumerable<ModelClassifier> Read(IReadOnlyList<ITransformer> steps)
    {
        if (!steps.Any(OnnxStep.Is)) yield break;
        var walk = new ChainWalk(steps);
        var refusals = walk.Refusals.ToList();
        foreach (var classifier in walk.Classifiers)
        {
            if (Try(() => Describe(walk, classifier), refusals) is { } found) yield return found;
        }

        foreach (var network in walk.Networks)
        {
            var unread = network.Outputs.Where(output => !walk.IsRead(output)).ToArray();
            // A network that others read may have outputs that nobody wants.
            var reasons = unread.Length == network.Outputs.Count ? refusals : [];
            if (unread.Length > 0 && Try(() => Describe(walk, network, unread), reasons) is { } found) yield return found;
        }

        if (refusals.Count > 0) throw refusals[0];
    }

    /// <summary>A classifier, or the reason why there is none.</summary>
    private static ModelClassifier? Try(Func<ModelClassifier> describe, List<NotSupportedException> refusals)
    {
        try
        {
            return describe();
        }
        catch (NotSupportedException refusal)
        {
            refusals.Add(refusal);
        }
        catch (Exception failure) when (failure is OnnxFormatException or ArgumentException)
        {
            refusals.Add(new NotSupportedException($"A network of the model cannot be explained. {failure.Message}", failure));
        }

        return null;
    }

    private static ModelClassifier Describe(ChainWalk walk, LinearStep step)
    {
        var graph = ChainGraph.Of(step.Features, step.Classifier);
        var columns = step.Classifier.Columns;
        return Owned(OnnxNetwork.Load(graph.ToStream()), network =>
        {
            var inputs = FedInputs.Of(walk, network, graph.Columns);
            return new ModelClassifier
            {
                Name = $"{step.Classifier.Name} on '{step.FeatureColumn}'",
                Network = network,
                InputColumnName = inputs.Column,
                InputName = inputs.Explained,
                ContextColumns = inputs.Context,
                MaskInputName = inputs.Mask,
                ScoreColumnName = walk.ColumnOf(step.Scores, columns.Score) ?? columns.Score,
                PredictedLabelColumnName = columns.PredictedLabel is { } label ? walk.ColumnOf(step.PredictedLabel, label) : null,
                ClassNames = columns.ClassNames,
            };
        });
    }

    private static ModelClassifier Describe(ChainWalk walk, NetworkPart part, OutputTensor[] unread)
    {
        var graph = part.IsWholeFile ? null : ChainGraph.Of(unread);
        var names = unread.ToDictionary(output => graph?.NameOf(output) ?? output.Output);
        return Owned(graph == null ? Load(part.Step.File, names.Keys.ToArray()) : OnnxNetwork.Load(graph.ToStream()), network =>
        {
            // A map of probabilities is read before it becomes one, and then has no name here.
            var output = names.GetValueOrDefault(network.OutputName) ?? unread.MinBy(candidate => OutputNames.Rank(candidate.Output))!;
            string column = walk.ColumnOf(output, output.Output) ?? output.Output;
            RequireScores(network, output.Output, column);
            var inputs = FedInputs.Of(walk, network, graph?.Columns ?? part.Step.Inputs.Zip(part.Sources).ToDictionary(fed => fed.First, fed => (ColumnTensor)fed.Second));
            return new ModelClassifier
            {
                Name = $"ApplyOnnxModel, output '{output.Output}'",
                Network = network,
                InputColumnName = inputs.Column,
                InputName = inputs.Explained,
                ContextColumns = inputs.Context,
                MaskInputName = inputs.Mask,
                ScoreColumnName = column,
            };
        });
    }

    /// <summary>Loads a file as it is, with the output that is likeliest to be scores among those that are columns.</summary>
    private static OnnxNetwork Load(byte[] file, string[] outputs)
    {
        OnnxNetwork? network = null;
        try
        {
            network = OnnxNetwork.Load(new MemoryStream(file));
            if (outputs.Contains(network.OutputName)) return network;
        }
        catch (OnnxFormatException) when (outputs.Length > 0)
        {
            // None of the file's outputs is likely; the pipeline says which ones are wanted.
        }

        string name = network?.OtherOutputs.FirstOrDefault(outputs.Contains) ?? outputs.MinBy(OutputNames.Rank)!;
        network?.Dispose();
        return OnnxNetwork.Load(new MemoryStream(file), new OnnxNetworkOptions { OutputName = name });
    }

    /// <summary>Features look like scores of classes: only their names tell.</summary>
    private static void RequireScores(OnnxNetwork network, string output, string column)
    {
        if (network.Output != OutputKind.Auto || (OutputNames.Rank(output) < OutputNames.Others && OutputNames.Rank(column) < OutputNames.Others)) return;
        throw new NotSupportedException(
            $"The model ends in features, not in scores of classes: column '{column}' (output '{output}' of a network). Train a linear classifier on them " +
            $"(LbfgsMaximumEntropy, for example), and explain that model. If they are scores, give the network itself: {nameof(AttributionOptions.Network)} = OnnxNetwork.Load(file).");
    }

    private static ModelClassifier Owned(OnnxNetwork network, Func<OnnxNetwork, ModelClassifier> describe)
    {
        try
        {
            return describe(network);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }
}
