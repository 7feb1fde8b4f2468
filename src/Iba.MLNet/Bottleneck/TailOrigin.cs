using Iba.Torch;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>What the tail of an explainer is computed in, <see cref="TailPrecision.Float32"/> or <see cref="TailPrecision.BFloat16"/> each.</summary>
/// <param name="Here">In this process.</param>
/// <param name="AtFit">Where it was fitted.</param>
internal sealed record TailOrigin(TailPrecision Here, TailPrecision AtFit)
{
    /// <summary>That of all explainers that do not ask for another one.</summary>
    public static TailOrigin Float32 { get; } = new(TailPrecision.Float32, TailPrecision.Float32);

    /// <summary>Chooses for an explainer that was loaded; where maps will differ from those where it was fitted, the log says so.</summary>
    /// <param name="host">For the log.</param>
    /// <param name="bottleneck">The options.</param>
    /// <param name="settings">What Fit decided: where the network is cut.</param>
    /// <param name="network">The network.</param>
    /// <param name="atFit">What it was computed in where it was fitted.</param>
    /// <exception cref="NotSupportedException">It is bfloat16, which is not offered here.</exception>
    public static TailOrigin Load(IHost host, BottleneckOptions bottleneck, RowSettings settings, Network network, TailPrecision atFit)
    {
        if (bottleneck.TailPrecision == TailPrecision.Float32) return Float32;
        var choice = Choose(bottleneck, settings, network);
        if (choice.Precision != atFit)
        {
            using var channel = host.Start("Load");
            channel.Warning(
                "{0} is {1}: this explainer computed its tail in {2} where it was fitted, and computes it in {3} here{4}. Maps differ from those by more than rounding of float32; fit with {5} for equal ones.",
                nameof(TailPrecision), bottleneck.TailPrecision, atFit, choice.Precision, choice.Objection is { } objection ? $", since {objection}" : "", TailPrecision.Float32);
        }

        return new TailOrigin(choice.Precision, atFit);
    }

    private static TailPrecisionChoice Choose(BottleneckOptions bottleneck, RowSettings settings, Network network)
    {
        using var split = settings.Cut(network);
        try
        {
            return TailPrecisionChoice.Of(bottleneck, split, network.Device);
        }
        catch (NotSupportedException problem)
        {
            throw new NotSupportedException($"The model file asks for a tail in bfloat16. {problem.Message} Load it on a machine that offers it, or fit the explainer anew with that.", problem);
        }
    }
}
