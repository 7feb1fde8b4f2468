using System.Globalization;
using System.Text;

namespace Iba.Reports;

/// <summary>
/// A web page of many explained rows, to look through: a gallery that is filtered, sorted and searched, photographs under their maps on one
/// absolute scale, average maps of classes, distributions, what every row and the whole come from. It opens from disk and needs no network.
/// </summary>
/// <remarks>
/// <para>
/// It is one file, or one file and a folder beside it (<see cref="GalleryReportOptions.RowsInOneFile"/>). Equal rows and options give equal
/// bytes. Rows are read once, one at a time; what is kept of each are its numbers, some 50 bytes, and memory for the average map of
/// each class.
/// </para>
/// <para>
/// Names, classes and texts are shown as text whatever they hold: nothing of the data can become markup or a program.
/// </para>
/// </remarks>
public static class GalleryReport
{
    /// <summary>What the system says of a file that another process has locked: EWOULDBLOCK, and ERROR_SHARING_VIOLATION.</summary>
    private const int InUse = 11, InUseOnWindows = unchecked((int)0x80070020);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Writes a report. Another process that is writing the same one is waited for.</summary>
    /// <param name="path">
    /// The HTML file; one that exists is replaced when the new one is complete. With many rows, their pages lie beside it in a folder of its name
    /// with the ending ".pages", which is replaced too.
    /// </param>
    /// <param name="rows">
    /// The rows. One whose map, words or bytes hold what is no number of bits is shown as a row that could not be explained.
    /// </param>
    /// <param name="options">Title, provenance, sizes; null: the defaults.</param>
    /// <exception cref="ArgumentException">The path ends in ".pages".</exception>
    /// <exception cref="IOException">The file or the folder cannot be written, or the folder holds files that no report wrote.</exception>
    /// <example>
    /// <code>
    /// using Iba.Reports;
    ///
    /// float[] map = new float[28 * 28]; // Bits at the layer's positions, from an explainer.
    /// var rows = new[]
    /// {
    ///     new ReportRow
    ///     {
    ///         Name = "photos/dog.jpg",
    ///         PredictedClass = "beagle",
    ///         Probability = 0.93,
    ///         ProbabilityKept = 0.98,
    ///         Map = new ReportMap(map, 28, 28) { PictureWidth = 224, PictureHeight = 224 },
    ///         Photograph = () => RgbImage.Load("photos/dog.jpg").Resize(224, 224),
    ///     },
    ///     new ReportRow { Name = "photos/torn.jpg", Failure = "The file ends before the picture does." },
    /// };
    /// GalleryReport.Write("report.html", rows, new GalleryReportOptions
    /// {
    ///     Title = "Dogs",
    ///     Provenance = new() { { "network", "efficientnet-lite0.onnx" }, { "layer", "blocks.4" } },
    /// });
    /// </code>
    /// </example>
    public static void Write(string path, IEnumerable<ReportRow> rows, GalleryReportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(rows);
        options ??= new GalleryReportOptions();
        path = Path.GetFullPath(path);
        string pages = Path.ChangeExtension(path, ".pages");
        if (pages == path) throw new ArgumentException($"'{path}' ends like the folder of its pages: name the report otherwise, for example '.html'.", nameof(path));
        GalleryFolder.CheckOurs(pages);
        using var turn = TakeTurn(path + ".lock");

        var columns = new GalleryColumns();
        var means = new ClassMeans();
        using var folder = new GalleryFolder(pages + ".new");
        foreach (var row in rows)
        {
            var entry = GalleryEntry.Of(row, options);
            columns.Add(row, entry.Bits, entry.Largest, entry.Failure is not null);
            if (entry.Map is not null) means.Add(columns.Explained[^1], entry.Map);
            folder.Add(row.Name, entry.Failure, entry.Write);
        }

        bool inside = folder.Rows <= options.RowsInOneFile;
        var shown = columns.Finish();
        string unfinished = path + ".new";
        try
        {
            using (var file = File.Create(unfinished)) GalleryDocument.Write(file, name => Fill(file, name), options);
            if (inside) GalleryFolder.Remove(pages);
            else folder.MoveTo(pages);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }

        bool Fill(Stream to, string part)
        {
            switch (part)
            {
                case "facts": GalleryDocument.Write(to, Facts(columns)); return true;
                case "distributions": GalleryDocument.Write(to, string.Concat(shown.Select(HistogramFigure.Draw))); return true;
                case "index": GalleryIndex.Write(to, columns, shown, means, folder, inside ? null : Path.GetFileName(pages), options); return true;
                case "pages": if (inside) WritePages(to, folder); return true;
                default: return false;
            }
        }
    }

    // Two processes that end the same job write the same report: one after the other.
    private static FileStream TakeTurn(string file)
    {
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
            }
            catch (IOException) when (File.Exists(file))
            {
                Thread.Sleep(Poll);
            }
        }
    }

    private static string Facts(GalleryColumns columns)
    {
        var facts = new List<string> { Counted(columns.Rows, "row", "rows") };
        if (columns.Failures > 0) facts.Add(string.Create(CultureInfo.InvariantCulture, $"{columns.Failures:#,0} could not be explained"));
        int classes = columns.Explained.Where(known => known >= 0).Distinct().Count();
        if (classes > 0) facts.Add(Counted(classes, "class", "classes"));
        var bits = new Quantiles(columns.Bits.Known);
        if (bits.Count > 0) facts.Add($"median {BitsScale.Format(bits[0.5])} bits");
        return string.Concat(facts.Select(fact => $"<li>{fact}</li>"));

        static string Counted(int count, string one, string many)
            => string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {(count == 1 ? one : many)}");
    }

    private static void WritePages(Stream to, GalleryFolder folder)
    {
        var html = new StringBuilder();
        for (int page = 0; page < folder.Pages; page++)
        {
            html.Clear().Append(CultureInfo.InvariantCulture, $"<script type=\"application/json\" id=\"page-{page}\">");
            GalleryDocument.Write(to, html.Append(folder.ReadPage(page)).Append("</script>\n").ToString());
        }
    }
}
