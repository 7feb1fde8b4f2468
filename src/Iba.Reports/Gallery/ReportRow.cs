using Iba.Torch;

namespace Iba.Reports;

/// <summary>A row of a <see cref="GalleryReport"/>: what was explained, and what came out. Only the name is needed.</summary>
public sealed record ReportRow
{
    /// <summary>What the row is called, for example its path. Names need not differ.</summary>
    public required string Name { get; init => field = value ?? throw new ArgumentNullException(nameof(Name)); }

    /// <summary>The class that the network predicts; null: not known.</summary>
    public string? PredictedClass { get; init; }

    /// <summary>The class that was explained; null (default): the predicted one.</summary>
    public string? Target { get; init; }

    /// <summary>The explained class's probability, 0 to 1; null: not known.</summary>
    public double? Probability { get; init; }

    /// <summary>
    /// The share of the probability that is left when only the bits of the map pass, 0 or more (1: all of it); null: not known.
    /// </summary>
    public double? ProbabilityKept { get; init; }

    /// <summary>The bits of the whole row; null (default): the sum of its map, its words or its bytes.</summary>
    public double? Bits { get; init; }

    /// <summary>Further numbers by their names. Each name can be sorted and filtered by, and gets a histogram. Default none.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init => field = value ?? throw new ArgumentNullException(nameof(Scores)); }
        = new Dictionary<string, double>();

    /// <summary>Where the bits are in a picture; null: the row is no picture.</summary>
    public ReportMap? Map { get; init; }

    /// <summary>
    /// Loads the picture as the network saw it, cropped like it: all of it is what the map covers. Called once, when the row is written, so
    /// that the pictures of a large report are not in memory together. Where it throws <see cref="IOException"/>,
    /// <see cref="InvalidDataException"/> or <see cref="UnauthorizedAccessException"/> the row says why its picture is missing. Null: no picture.
    /// </summary>
    public Func<RgbImage>? Photograph { get; init; }

    /// <summary>The text that was explained; null: the row is no text.</summary>
    public string? Text { get; init; }

    /// <summary>The words of <see cref="Text"/> in its order, none reaching into the next. Default none.</summary>
    public IReadOnlyList<TextBits> Words { get; init => field = value ?? throw new ArgumentNullException(nameof(Words)); } = [];

    /// <summary>
    /// The bytes that were explained, in ascending order of offset; gaps are marked. Of long files the lines of 16 with the most bits are shown. Default none:
    /// the row is no file.
    /// </summary>
    public IReadOnlyList<ByteBits> Bytes { get; init => field = value ?? throw new ArgumentNullException(nameof(Bytes)); } = [];

    /// <summary>Why the row could not be explained; null: it could.</summary>
    public string? Failure { get; init; }
}
