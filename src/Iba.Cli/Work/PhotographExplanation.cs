using Iba.Jobs;
using Iba.MLNet;
using Iba.Reports;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.Cli;

/// <summary>Explains some photographs and writes a picture of each, without a job that stays.</summary>
internal static class PhotographExplanation
{
    /// <summary>Explains them, and says each when it is done.</summary>
    /// <param name="context">Loaded the model.</param>
    /// <param name="model">The explainer; owned.</param>
    /// <param name="source">The photographs.</param>
    /// <param name="threads">libtorch's threads; null: as many as it takes.</param>
    /// <param name="pictures">Where the pictures go; empty: the current folder.</param>
    /// <param name="reporter">Says what was found.</param>
    /// <param name="surroundings">Ends it.</param>
    public static int Run(MLContext context, JobModel model, JobSource source, int? threads, string pictures, Reporter reporter, Surroundings surroundings)
    {
        JobInput[] inputs = [.. source.Read(hash: false)];
        // The plan of a job without a folder: no file of the model, and no hash of the inputs.
        var plan = JobPlanner.Describe(new JobOptions { Model = "", Source = source, MapSize = MapSize.Input, Threads = threads }, model, inputs.Length, targets: null, "", "");
        using var explainer = new ModelExplainer(context, plan, model, source.Location);
        explainer.Check(inputs[0]);
        var preprocessing = model.Explainer.Preprocessing;
        if (plan.Unit != nameof(MapUnit.Bits))
        {
            reporter.Note($"The maps of {plan.Method} are in {plan.Unit}, not in bits: there are no pictures. A job has the maps ('--output JOB').");
        }

        var names = new HashSet<string>();
        int failures = 0;
        foreach (var row in explainer.Explain(inputs, surroundings.Cancellation))
        {
            if (row.Failure != null) failures++;
            string? picture = row is { Failure: null, Bits: not null } && preprocessing != null ? Draw(row, plan, preprocessing, pictures, names) : null;
            reporter.Row(
                new { row.Uri, row.Target, row.TargetName, row.Predicted, row.Probability, row.ProbabilityWithBottleneck, row.Bits, picture, row.Failure },
                $"{Typed(row.Uri)}: {row.Failure ?? $"{RowWords.Class(plan, row.Target)}, {RowWords.Facts(row)}{(picture == null ? "" : $": {picture}")}"}");
        }

        if (reporter.IsJson) reporter.Result(new { plan.Rows, failures });
        return failures == 0 ? ExitCode.Success : failures == inputs.Length ? ExitCode.Failure : ExitCode.SomeRowsFailed;
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
