using System.Globalization;
using Iba.Jobs;
using Iba.MLNet;
using Iba.Reports;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.Cli;

/// <summary>The gallery of a job's rows.</summary>
internal static class JobReport
{
    /// <summary>The report's name in the job's folder.</summary>
    public const string FileName = "report.html";

    private const string Elsewhere = "Bits outside words";

    /// <summary>Writes it.</summary>
    /// <param name="job">The job; rows that are not committed yet are left out.</param>
    /// <param name="context">Loads the model, for the way it cuts pictures and texts.</param>
    /// <param name="path">The file.</param>
    /// <param name="title">The title.</param>
    /// <param name="source">Where the pictures or the table lie on this machine; null: where the plan says.</param>
    /// <param name="areBytes">Whether the whole numbers of a table are bytes.</param>
    /// <param name="reporter">Says what is missing.</param>
    /// <param name="cancellation">Ends it before the next row.</param>
    public static void Write(IbaJob job, MLContext context, string path, string title, string? source, bool areBytes, Reporter reporter, CancellationToken cancellation)
    {
        var plan = job.Details;
        var folder = new JobFolder(job.Folder);
        using var model = JobModel.Load(context, folder.Model(plan.ModelSha256));
        string location = source ?? plan.Source;
        var contents = Contents(context, model, plan, location, areBytes, reporter);
        var preprocessing = plan.SourceKind == nameof(SourceKind.Pictures) ? model.Explainer.Preprocessing : null;
        GalleryReport.Write(path, Rows(), new GalleryReportOptions { Title = title, Provenance = Provenance(plan) });

        IEnumerable<ReportRow> Rows()
        {
            foreach (int shard in folder.Committed().Where(shard => shard < plan.Shards))
            {
                var (first, count) = plan.RangeOf(shard);
                var inputs = InputsFile.Read(folder.Inputs, first, count);
                JobRow[] rows = [.. ShardReading.Rows(folder, plan, shard)];
                var found = contents?.Read(inputs, rows) ?? Enumerable.Repeat<RowContent?>(null, count);
                foreach (var (row, input, content) in rows.Zip(inputs, found))
                {
                    cancellation.ThrowIfCancellationRequested();
                    yield return Row(row, input, content);
                }
            }
        }

        ReportRow Row(JobRow row, JobInput input, RowContent? content) => new()
        {
            Name = row.Uri,
            PredictedClass = RowWords.Class(plan, row.Predicted),
            Target = RowWords.Class(plan, row.Target),
            Probability = row.Probability,
            ProbabilityKept = row is { ProbabilityWithBottleneck: { } kept, Probability: > 0 and var all } ? kept / all : null,
            Bits = row.Bits,
            Map = Map(row),
            Photograph = preprocessing != null && row.Failure == null ? () => Photograph(preprocessing, input, Path.Combine(location, input.Uri)) : null,
            Text = content?.Text,
            Words = content?.Words ?? [],
            Bytes = content?.Bytes ?? [],
            Scores = content == null ? new Dictionary<string, double>() : new Dictionary<string, double> { [Elsewhere] = content.Elsewhere },
            Failure = row.Failure,
        };
    }

    // Another picture under the map would be a lie.
    private static RgbImage Photograph(ImagePreprocessing preprocessing, JobInput input, string path)
        => FileState.Problem(input, path) is { } problem
            ? throw new InvalidDataException(problem)
            : preprocessing.Crop(RgbImage.Load(path, preprocessing.ApplyExifOrientation));

    private static RowContents? Contents(MLContext context, JobModel model, JobPlan plan, string location, bool areBytes, Reporter reporter)
    {
        if (!RowContents.AreThere(model, plan)) return null;
        if (File.Exists(location) && FileCommit.HashOf(location) == plan.SourceSha256) return new RowContents(context, model, plan, location, areBytes);
        reporter.Note($"'{location}' is missing, or another file than when the job was planned: the report goes without its texts. 'iba report --source' names it elsewhere.");
        return null;
    }

    // Maps of other methods are not in bits, and those of words have no place in a picture.
    private static ReportMap? Map(JobRow row)
        => row is not { Bits: not null, Heatmap: { } bits, MapShape: [var height, var width] } ? null
            : row.InputShape is [var pictureHeight, var pictureWidth] ? new ReportMap(bits, width, height) { PictureWidth = pictureWidth, PictureHeight = pictureHeight }
            : new ReportMap(bits, width, height);

    private static ReportProvenance Provenance(JobPlan plan)
    {
        var facts = new ReportProvenance();
        foreach (var (name, value) in new (string, object?)[]
        {
            ("job", plan.Id), ("rows", plan.Rows), ("source", plan.Source), ("method", plan.Method), ("unit", plan.Unit), ("layer", plan.Layer),
            ("rows measured", plan.MeasuredRows), ("seed", plan.Seed), ("model", plan.ModelSha256), ("network", plan.NetworkSha256), ("inputs", plan.InputsSha256),
            ("Iba.Jobs", plan.LibraryVersion), ("libtorch", plan.TorchVersion), ("threads", plan.Threads), ("options", string.Join("; ", plan.Options)),
        })
        {
            if (Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text) facts.Add(name, text);
        }

        return facts;
    }
}
