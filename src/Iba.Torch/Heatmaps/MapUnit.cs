namespace Iba.Torch;

/// <summary>What the numbers of an attribution map mean.</summary>
public enum MapUnit
{
    /// <summary>Information in bits. Absolute: maps of different images, networks and layers can be compared, and a map has a total.</summary>
    Bits = 0,

    /// <summary>A change of the target's score (see <see cref="AttributionPass.Scores"/>). Maps of one network and class can be compared.</summary>
    Score = 1,

    /// <summary>The target's score per unit of the input or feature: a slope.</summary>
    ScorePerUnit = 2,

    /// <summary>No unit: only the values of one map can be compared with each other.</summary>
    Relative = 3,
}
