using System.Globalization;
using Iba.Jobs;
using Iba.Reports;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.Cli;

/// <summary>The gallery of a job's rows.</summary>
internal static class JobReport
{
    /// <summary>The report's name in the job's folder.</summary>
    public const string FileName = "report.html";

    /// <summary>Writes it.</summary>
    /// <param name="job">The job; rows that are not committed yet are left out.</param>
    /// <param name="context">Loads the model, for the way it cuts pictures.</param>
    /// <param name="path">The file.</param>
    /// <param name="title">The title.</param>
    /// <param name="source">Where the pictures lie on this machine; null: where the plan says.</param>
    /// <param name="cancellation">Ends it before the next row.</param>
    public static void Write(IbaJob job, MLContext context, string path, string title, string? source, CancellationToken cancellation)
    {
        var plan = job.Details;
        using var model = JobModel.Load(context, new JobFolder(job.Folder).Model(plan.ModelSha256));
        var preprocessing = model.Explainer.Preprocessing;
        string folder = source ?? plan.Source;
        bool hasPictures = plan.SourceKind == nameof(SourceKind.Pictures) && preprocessing != null;
        GalleryReport.Write(path, job.Rows().Select(Row), new GalleryReportOptions { Title = title, Provenance = Provenance(plan) });

        ReportRow Row(JobRow row)
        {
            cancellation.ThrowIfCancellationRequested();
            return new ReportRow
            {
                Name = row.Uri,
                PredictedClass = RowWords.Class(plan, row.Predicted),
                Target = RowWords.Class(plan, row.Target),
                Probability = row.Probability,
                ProbabilityKept = row is { ProbabilityWithBottleneck: { } kept, Probability: > 0 and var all } ? kept / all : null,
                Bits = row.Bits,
                Map = Map(row),
                Photograph = hasPictures && row.Failure == null ? () => preprocessing!.Crop(RgbImage.Load(Path.Combine(folder, row.Uri), preprocessing.ApplyExifOrientation)) : null,
                Failure = row.Failure,
            };
        }
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
