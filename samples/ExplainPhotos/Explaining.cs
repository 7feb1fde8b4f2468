using System.Globalization;
using Iba.MLNet;
using Iba.Reports;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Spectre.Console;

namespace ExplainPhotos;

/// <summary>The second process: loads the zip, explains photographs, draws them and prints a table.</summary>
internal static class Explaining
{
    public static int Run(FileInfo zip, DirectoryInfo images, int count, DirectoryInfo output)
    {
        var ml = new MLContext();
        var warnings = Warnings.Of(ml);
        output.Create();
        var photos = Photo.Choose(Photo.In(images), count);
        var rows = ml.Data.LoadFromEnumerable(photos);
        var pipeline = Load(ml, zip);
        using var disposable = (IDisposable)pipeline;
        // The fitted transformer knows how it cuts photographs; pictures show what the network saw.
        var preprocessing = ((pipeline as IEnumerable<ITransformer>)?.OfType<IbaTransformer>().Single() ?? (IbaTransformer)pipeline).Preprocessing!;

        var explained = pipeline.Transform(rows);
        string[] names = ClassNames(explained.Schema[nameof(Explanation.Scores)]);
        var sheet = new ContactSheet { ScaleEach = true };
        var report = new List<ReportRow>();
        var table = new Table().AddColumn("File", column => column.NoWrap()).AddColumn("Class").RoundedBorder();
        foreach (string? heading in new[] { "Probability", "Total bits", "Probability under the bottleneck" }) table.AddColumn(heading, column => column.RightAligned());

        int explainedRows = 0;
        AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new RemainingTimeColumn()).Start(progress =>
        {
            var task = progress.AddTask($"Explaining in a second process (photographs: {photos.Count})", maxValue: photos.Count);
            foreach (var row in ml.Data.CreateEnumerable<Explanation>(explained, reuseRowObject: false))
            {
                task.Increment(1);
                if (float.IsNaN(row.Bits)) continue;
                var seen = preprocessing.Crop(RgbImage.Load(row.Path, preprocessing.ApplyExifOrientation));
                string title = names.Length > 0 ? names[row.Target] : $"class {row.Target}";
                string caption = $"probability {row.Scores[row.Target].ToString("F2", CultureInfo.InvariantCulture)}, {row.Bits:F0} bits";
                sheet.Add(seen, row.Heatmap, title, caption);
                HeatmapFigure.Render(seen, row.Heatmap, title, caption)
                    .SavePng(Path.Combine(output.FullName, Path.ChangeExtension(row.File, ".png")));
                table.AddRow(
                    Markup.Escape(row.File),
                    Markup.Escape(title),
                    row.Scores[row.Target].ToString("F3", CultureInfo.InvariantCulture),
                    row.Bits.ToString("F0", CultureInfo.InvariantCulture),
                    row.ScoresWithBottleneck[row.Target].ToString("F3", CultureInfo.InvariantCulture));
                report.Add(ReportedRow(row, title, seen));
                explainedRows++;
            }
        });

        warnings.Report();
        if (explainedRows == 0) throw new InvalidOperationException("No photograph could be explained.");
        string sheetFile = Path.Combine(output.FullName, "contact-sheet.png");
        sheet.Render().SavePng(sheetFile);
        string reportFile = Path.Combine(output.FullName, "report.html");
        GalleryReport.Write(reportFile, report, new() { Title = "Photographs, explained", Provenance = new() { { "explainer", zip.Name }, { "photographs", images.FullName } } });
        AnsiConsole.Write(table);
        AnsiConsole.MarkupLineInterpolated($"Pictures: [bold]{output.FullName}[/], all on one sheet: [bold]{sheetFile}[/], to look through: [bold]{reportFile}[/]");
        return 0;
    }

    private static ITransformer Load(MLContext ml, FileInfo zip)
    {
        try
        {
            return ml.Model.Load(zip.FullName, out _);
        }
        catch (Exception problem) when (problem is FormatException or InvalidDataException or InvalidOperationException)
        {
            // ML.NET names no file.
            throw new InvalidDataException($"'{zip.FullName}' is no fitted pipeline, or a damaged one: {problem.GetBaseException().Message} Fit again, which saves a new one.");
        }
    }

    private static ReportRow ReportedRow(Explanation row, string title, RgbImage seen) => new()
    {
        Name = row.File,
        PredictedClass = title,
        Probability = row.Scores[row.Target],
        ProbabilityKept = row.ScoresWithBottleneck[row.Target] / row.Scores[row.Target],
        Map = new ReportMap(row.Heatmap, seen.Width, seen.Height),
        Photograph = () => seen,
    };

    private static string[] ClassNames(DataViewSchema.Column scores)
    {
        if (!scores.HasSlotNames()) return [];
        VBuffer<ReadOnlyMemory<char>> names = default;
        scores.GetSlotNames(ref names);
        return names.DenseValues().Select(name => name.ToString()).ToArray();
    }
}
