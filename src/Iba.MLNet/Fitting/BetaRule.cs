using Iba.Torch;

namespace Iba.MLNet;

/// <summary>The price of information where nobody set it.</summary>
internal static class BetaRule
{
    /// <summary>
    /// The information term is a mean over the features, so that with more of them a nat weighs less. For pictures the paper's 10 holds for any number:
    /// what explains them spreads over many positions. Bytes and tokens are explained by a few; over 131,072 features they need 100, as for Magika.
    /// </summary>
    private const double FeaturesForOne = 1311;

    /// <summary>
    /// The columns of a table are few, and each may be all that a class hangs on: at 10 nothing is worth a bit, and maps are 0. A nat costs a hundredth: on measurements of
    /// flowers (4 columns), of cells (9) and digits (784 pixels in a row) 93 to 98 % of the probability are kept then.
    /// </summary>
    private const double ColumnsForOne = 100;

    /// <summary>Whether a layer is a table, whose every value is a position.</summary>
    public static bool IsTable(LayerFacts facts) => facts.ChannelDimension == 0 && facts.FeatureShape.Count == 1;

    /// <summary>Beta for a layer.</summary>
    /// <param name="facts">What is known of it. Rows of different lengths have no number of features, and get the paper's.</param>
    public static double Choose(LayerFacts facts)
    {
        bool isSequence = facts.Input.MapSize.Count == 1 && facts.FeatureShape.Count == 2 && !facts.FeatureShape.Contains(-1);
        double features = facts.FeatureShape.Aggregate(1.0, (product, size) => product * size);
        if (IsTable(facts)) return Math.Min(BottleneckDefaults.Beta, features / ColumnsForOne);
        return isSequence ? Math.Max(BottleneckDefaults.Beta, Math.Round(features / FeaturesForOne)) : BottleneckDefaults.Beta;
    }
}
