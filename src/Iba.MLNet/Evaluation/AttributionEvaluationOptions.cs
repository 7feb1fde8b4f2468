using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What <see cref="Microsoft.ML.AttributionEvaluationCatalog.EvaluateAttribution"/> is to measure, and where it finds what it needs.</summary>
public sealed class AttributionEvaluationOptions
{
    /// <summary>Name of the column of maps, at the input's size. Null (default): the one that the transformer adds.</summary>
    public string? MapColumnName { get; set; }

    /// <summary>
    /// Name of a column with the boxes of each row's object: a vector of <see cref="float"/>, four numbers for a box: left, top, width and height. In pixels of
    /// the photograph where the transformer prepares photographs, else in pixels of the map. An empty vector, or four NaN: the row has no box and is not scored for it.
    /// Null (default): there are none.
    /// </summary>
    public string? BoxesColumnName { get; set; }

    /// <summary>
    /// Name of a column with the mask of each row's object: a vector of <see cref="float"/> of the map's size, above 0.5 inside. Null (default): there is none.
    /// </summary>
    public string? MaskColumnName { get; set; }

    /// <summary>The side of the tiles of the degradation test, at least 1; default 14. For pictures only; where they are smaller, a warning says so, and there is no such test.</summary>
    public int Tile { get; set; } = AttributionOptions.Defaults.DegradationTile;

    /// <summary>
    /// About how many points each curve has, at least 2: each costs a pass of the network. Null: a point after every tile, and after every row of pixels or every
    /// token, as in the papers. Default 32.
    /// </summary>
    public int? Points { get; set; } = AttributionOptions.Defaults.DegradationPoints;

    /// <summary>
    /// The id that stands for nothing in a row of tokens, at least 0: that of [MASK] where the network was trained with it. Null (default): the transformer's
    /// <see cref="AttributionOptions.PaddingId"/>, or 0.
    /// </summary>
    public long? ReplacementId { get; set; }

    /// <summary>How far from the object a map's peak still hits in the pointing game with margin, in pixels of the map, at least 0; default 15.</summary>
    public int PointingMargin { get; set; } = 15;

    /// <summary>At most this many rows are judged, the first ones; at least 1. Null (default): all.</summary>
    public long? MaximumRows { get; set; }

    /// <summary>The level of the intervals, between 0 and 1; default 0.95.</summary>
    public double ConfidenceLevel { get; set; } = 0.95;

    /// <summary>The seed of the intervals; default 0.</summary>
    public int Seed { get; set; }

    /// <summary>Where and how the rows are computed; the device is the network's.</summary>
    public ExecutionOptions Execution { get; set; } = new();

    /// <summary>Throws when an option is out of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, the value found and the values allowed.</exception>
    internal void Validate()
    {
        Require(Tile >= 1, nameof(Tile), Tile, "at least 1");
        Require(Points is null or >= 2, nameof(Points), Points, "at least 2, or null");
        Require(ReplacementId is null or >= 0, nameof(ReplacementId), ReplacementId, "at least 0, or null");
        Require(PointingMargin >= 0, nameof(PointingMargin), PointingMargin, "at least 0");
        Require(MaximumRows is null or >= 1, nameof(MaximumRows), MaximumRows, "at least 1, or null");
        Require(ConfidenceLevel is > 0 and < 1, nameof(ConfidenceLevel), ConfidenceLevel, "between 0 and 1");
        Execution.Validate();

        static void Require(bool holds, string name, object? value, string allowed)
        {
            if (!holds) throw new ArgumentOutOfRangeException(name, value, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name} is {value}; allowed: {allowed}."));
        }
    }
}
