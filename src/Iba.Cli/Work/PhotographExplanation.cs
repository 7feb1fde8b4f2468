using Iba.Jobs;
using Iba.MLNet;
using Iba.Reports;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.Cli;

/// <summary>Explains some photographs and writes a picture of each, without a job that stays.</summary>
internal static class PhotographExplanation
{
    /// <summary>Explains them.</summary>
    /// <param name="context">Loads the model.</param>
    /// <param name="zip">The explainer.</param>
    /// <param name="source">The photographs.</param>
    /// <param name="folder">A folder that is thrown away.</param>
    /// <param name="pictures">Where the pictures go; empty: the current folder.</param>
    /// <param name="reporter">Says what was found.</param>
    /// <param name="surroundings">Ends it.</param>
    public static int Run(MLContext context, string zip, JobSource source, string folder, string pictures, Reporter reporter, Surroundings surroundings)
    {
        var job = IbaJob.Plan(folder, new JobOptions { Model = zip, Source = source, MapSize = MapSize.Input }, context);
        using (var progress = reporter.Progress("photographs"))
        {
            job.Work(job.FolderFeed(), new WorkOptions { Progress = job.Details.Rows > 1 ? progress : null }, surroundings.Cancellation);
        }

        using var model = JobModel.Load(context, zip);
        if (job.Details.Unit != nameof(MapUnit.Bits))
        {
            reporter.Note($"The maps of {job.Details.Method} are in {job.Details.Unit}, not in bits: there are no pictures. A job has the maps ('--output JOB').");
        }

        var names = new HashSet<string>();
        int failures = 0;
        foreach (var row in job.Rows())
        {
            surroundings.Cancellation.ThrowIfCancellationRequested();
            if (row.Failure != null) failures++;
            string? picture = row.Failure == null && row.Bits != null ? Draw(row, job.Details, model.Explainer.Preprocessing!, pictures, names) : null;
            reporter.Row(
                new { row.Uri, row.Target, row.TargetName, row.Predicted, row.Probability, row.ProbabilityWithBottleneck, row.Bits, picture, row.Failure },
                $"{Typed(row.Uri)}: {row.Failure ?? $"{RowWords.Class(job.Details, row.Target)}, {RowWords.Facts(row)}{(picture == null ? "" : $": {picture}")}"}");
        }

        if (reporter.IsJson) reporter.Result(new { job.Details.Rows, failures });
        return failures == 0 ? ExitCode.Success : failures == job.Details.Rows ? ExitCode.Failure : ExitCode.SomeRowsFailed;
    }

    // As it is typed most often: from the current folder, where it lies below.
    private static string Typed(string path) => Path.GetRelativePath(".", path) is var relative && relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;

    private static string Draw(JobRow row, JobPlan plan, ImagePreprocessing preprocessing, string folder, HashSet<string> names)
    {
        var seen = preprocessing.Crop(RgbImage.Load(row.Uri, preprocessing.ApplyExifOrientation));
        string name = Path.GetFileNameWithoutExtension(row.Uri), picture = $"{name}.bits.png";
        for (int i = 2; !names.Add(picture); i++) picture = $"{name}.{i}.bits.png";
        string path = Path.Combine(folder, picture);
        if (folder.Length > 0) Directory.CreateDirectory(folder);
        HeatmapFigure.Render(seen, row.Heatmap, RowWords.Class(plan, row.Target), RowWords.Facts(row)).SavePng(path);
        return path;
    }
}
