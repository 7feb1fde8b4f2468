using Iba.Torch;

namespace Iba.Reports;

/// <summary>How a <see cref="GalleryReport"/> is written.</summary>
public sealed record GalleryReportOptions
{
    /// <summary>The report's title, plain text.</summary>
    public string Title { get; init => field = value ?? throw new ArgumentNullException(nameof(Title)); } = "Explained rows";

    /// <summary>A paragraph below it, plain text. Default none.</summary>
    public string Introduction { get; init => field = value ?? throw new ArgumentNullException(nameof(Introduction)); } = "";

    /// <summary>Where the rows come from. Default: nothing is said.</summary>
    public ReportProvenance Provenance { get; init => field = value ?? throw new ArgumentNullException(nameof(Provenance)); } = [];

    /// <summary>The colours of maps. Default <see cref="ColorMap.Inferno"/>.</summary>
    public ColorMap ColorMap { get; init => field = value ?? throw new ArgumentNullException(nameof(ColorMap)); } = ColorMap.Inferno;

    /// <summary>The longer side of a photograph in the report, in pixels, 32 to 1,024. Default 192, about 8 kB a row.</summary>
    public int PhotographSize { get; init => field = Within(value, 32, 1024, nameof(PhotographSize)); } = 192;

    /// <summary>
    /// The longer side of a map in the report, in positions, 8 to 1,024; larger maps are averaged. Default 64, at most 5.5 kB a row.
    /// </summary>
    public int MapSize { get; init => field = Within(value, 8, 1024, nameof(MapSize)); } = 64;

    /// <summary>
    /// How many rows the file holds by itself, 0 or more. With more rows than that, photographs, maps and texts are put into a folder beside
    /// it, which has to stay there. Default 2,000, about 20 MB.
    /// </summary>
    public int RowsInOneFile
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(RowsInOneFile), value, $"{nameof(RowsInOneFile)} is 0 or more.");
    } = 2000;

    private static int Within(int value, int least, int most, string name)
        => value >= least && value <= most ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} lies between {least} and {most}.");
}
