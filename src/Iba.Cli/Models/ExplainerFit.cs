using System.Globalization;
using Iba.Jobs;
using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.Cli;

/// <summary>Measures a layer of a network, and makes explainer zips.</summary>
internal static class ExplainerFit
{
    /// <summary>Measures a source and saves what fits it, or what was measured.</summary>
    /// <param name="choice">The network.</param>
    /// <param name="source">The rows.</param>
    /// <param name="column">A table's column; null: named as the network's input.</param>
    /// <param name="most">At most so many rows are measured.</param>
    /// <param name="part">The part of them that is measured and saved as it is; null: all, and an explainer is saved.</param>
    /// <param name="path">The file.</param>
    /// <param name="reporter">Says how far it is.</param>
    /// <param name="gpu">The number of the graphics processor; null: the processor.</param>
    /// <param name="cancellation">Ends it after the batch under way.</param>
    public static FitSummary Measure(
        NetworkChoice choice, JobSource source, string? column, int most, (int Index, int Count)? part, string path, Reporter reporter, int? gpu, CancellationToken cancellation)
    {
        var context = Context.Create(reporter, gpu);
        using var network = choice.Load();
        var (rows, name, count) = MeasuredRows.Of(context, source, network, column, most, part);
        using var progress = reporter.Progress("rows measured");
        var options = choice.ToOptions(network, name, new Stopping(progress, count, cancellation));
        options.MaximumFitRows = Math.Max(2, most);
        using var measurement = context.Transforms.Iba(options).Measure(rows);
        if (part != null) Write(path, measurement.Save);
        else SaveExplainer(context, options, measurement, rows.Schema, path);
        return new FitSummary(Path.GetFullPath(path), measurement.Layer, measurement.Rows);
    }

    /// <summary>Makes an explainer of parts that were measured.</summary>
    /// <param name="choice">The network.</param>
    /// <param name="parts">Files that <see cref="Measure"/> saved.</param>
    /// <param name="path">The zip.</param>
    /// <param name="context">Makes it.</param>
    /// <exception cref="ArgumentException">The parts do not belong together, or to another network.</exception>
    public static FitSummary Merge(NetworkChoice choice, IReadOnlyList<string> parts, string path, MLContext context)
    {
        using var measurement = LoadAll(parts);
        using var network = choice.Load();
        SaveExplainer(context, Options(choice, network, measurement), measurement, MeasuredRows.Schema(measurement.Facts.Input), path);
        return new FitSummary(Path.GetFullPath(path), measurement.Layer, measurement.Rows);
    }

    /// <summary>Makes an explainer of a part that was measured, without a zip.</summary>
    /// <param name="choice">The network.</param>
    /// <param name="part">A file that <see cref="Measure"/> saved.</param>
    /// <param name="context">Makes it.</param>
    public static JobModel Load(NetworkChoice choice, string part, MLContext context)
    {
        using var measurement = LoadAll([part]);
        var network = choice.Load();
        return JobModel.Of(context.Transforms.Iba(Options(choice, network, measurement)).Fit(measurement), MeasuredRows.Schema(measurement.Facts.Input), network);
    }

    private static IbaEstimator.Options Options(NetworkChoice choice, Network network, LayerMeasurement measurement)
        => (choice with { Layer = choice.Layer ?? measurement.Layer }).ToOptions(network, measurement.Facts.Input.ExplainedColumn.ColumnName!);

    private static LayerMeasurement LoadAll(IReadOnlyList<string> parts)
    {
        var measurement = Load(parts[0]);
        foreach (string file in parts.Skip(1))
        {
            using var other = Load(file);
            measurement.Merge(other);
        }

        return measurement;
    }

    private static LayerMeasurement Load(string file)
    {
        if (!File.Exists(file)) throw new FileNotFoundException($"There is no measurement '{file}'.");
        using var stream = File.OpenRead(file);
        return LayerMeasurement.Load(stream);
    }

    private static void SaveExplainer(MLContext context, IbaEstimator.Options options, LayerMeasurement measurement, DataViewSchema schema, string path)
    {
        using var explainer = context.Transforms.Iba(options).Fit(measurement);
        Write(path, stream => context.Model.Save(explainer, schema, stream));
    }

    // Whole or not at all: a job may be waiting for it.
    private static void Write(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string temporary = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}.tmp");
        try
        {
            using (var stream = File.Create(temporary)) write(stream);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private sealed class Stopping(IProgress<IbaProgress> progress, long count, CancellationToken cancellation) : IProgress<IbaProgress>
    {
        public void Report(IbaProgress value)
        {
            cancellation.ThrowIfCancellationRequested();
            progress.Report(value with { TotalRows = count });
        }
    }
}
