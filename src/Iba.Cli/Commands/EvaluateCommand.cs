using System.CommandLine;
using System.Globalization;
using Iba.Jobs;
using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Spectre.Console;

namespace Iba.Cli;

/// <summary><c>iba evaluate</c>: how good an explainer's maps are.</summary>
internal static class EvaluateCommand
{
    private const int DefaultRows = 50;
    private const int DefaultTile = 14;

    public static Command Create(Surroundings surroundings)
    {
        var inputs = Inputs.Argument();
        var explainer = new ExplainerOptions();
        var rows = SharedOptions.Whole(
            "--rows", $"Judge at most so many rows: of pictures evenly out of all, of tables the first. Each costs some hundred passes of the network. Default: {DefaultRows}.", least: 1);
        var tile = SharedOptions.Whole("--tile", $"Side of the degradation test's tiles, in pixels. Default: {DefaultTile}.", least: 1);
        var boxes = new Option<string?>("--boxes") { Description = "CSV file with the objects of pictures: path, left, top, width, height in pixels; a line for each box. How well do maps find them?" };
        var boxesColumn = new Option<string?>("--boxes-column") { Description = "The same as a table's column: a vector of Single, four numbers for each box, in pixels of the map." };
        var gpu = SharedOptions.Gpu();
        var command = new ExampleCommand("evaluate", "Judges the maps of an explainer by asking the network; docs/judging.md says what the numbers mean.", surroundings)
        {
            Examples =
            [
                ("iba evaluate photos --model explainer.zip --rows 50", "Degradation, insertion and deletion, with 95 % intervals."),
                ("iba evaluate photos --model explainer.zip --boxes boxes.csv", "Also whether maps lie on objects, beside what chance and a spot in the middle get."),
            ],
        };
        command.Add(inputs);
        explainer.AddTo(command);
        foreach (var option in new Option[] { rows, tile, boxes, boxesColumn, gpu }) command.Add(option);
        command.Does((parsed, reporter) =>
        {
            var source = Inputs.Source(parsed.GetValue(inputs)!);
            using var temporary = new ScratchFolder();
            string zip = explainer.Zip(parsed, source, temporary, reporter, parsed.GetValue(gpu), surroundings.Cancellation);
            var context = Context.Create(reporter, parsed.GetValue(gpu));
            using var model = JobModel.Load(context, zip);
            int most = parsed.GetValue(rows) ?? DefaultRows;
            var settings = model.Explainer.Settings;
            model.Explainer.Settings = settings with { BadRows = BadRowHandling.Missing, MapSize = MapSize.Input };
            var objects = parsed.GetValue(boxes) is { } file
                ? ObjectBoxes.Read(file, source.Location, source.Read(hash: false).Select(input => Path.Combine(source.Location, input.Uri)))
                : null;
            string? column = parsed.GetValue(boxesColumn);
            var metrics = context.Model.EvaluateAttribution(
                model.Explainer, model.Transform(EvaluatedRows.Of(context, model, source, most, objects, column, surroundings.Cancellation)),
                new AttributionEvaluationOptions { MaximumRows = most, Tile = parsed.GetValue(tile) ?? DefaultTile, BoxesColumnName = objects == null ? column : ObjectBoxes.Column });
            bool isLocalized = objects != null || column != null;
            (string Name, ConfidenceInterval Mean, string Better)[] numbers =
            [
                ("degradation integral", metrics.DegradationIntegral, "higher"), ("degradation over the data set", metrics.DegradationOverDataSet, "higher"),
                ("insertion area", metrics.InsertionArea, "higher"), ("deletion area", metrics.DeletionArea, "lower"),
                .. isLocalized ? Localization(metrics) : [],
            ];
            var table = new Table().RoundedBorder()
                .AddColumn("Metric").AddColumn("Mean", column => column.RightAligned()).AddColumn("95 % interval").AddColumn("Rows", column => column.RightAligned()).AddColumn("Better");
            foreach (var (name, mean, better) in numbers)
            {
                string interval = mean.HasInterval ? string.Create(CultureInfo.InvariantCulture, $"{mean.Lower:F3} to {mean.Upper:F3}") : "none";
                table.AddRow(name, mean.Value.ToString("F3", CultureInfo.InvariantCulture), interval, mean.Rows.ToString(CultureInfo.InvariantCulture), better);
            }

            reporter.Table(
                new
                {
                    rows = metrics.Rows.Count,
                    unjudged = metrics.UnjudgedRows,
                    metrics.DegradationIntegral,
                    metrics.DegradationOverDataSet,
                    metrics.InsertionArea,
                    metrics.DeletionArea,
                    localization = isLocalized ? new { metrics.TopShare, metrics.MassShare, metrics.Pointing, metrics.AreaShare, metrics.CentredGaussianTopShare } : null,
                },
                table, $"{metrics.Rows.Count:N0} rows, {metrics.UnjudgedRows:N0} of them without a map to judge");
            return metrics.UnjudgedRows > 0 ? ExitCode.SomeRowsFailed : ExitCode.Success;
        });
        return command;
    }

    private static (string Name, ConfidenceInterval Mean, string Better)[] Localization(AttributionMetrics metrics) =>
    [
        ("highest pixels on the object", metrics.TopShare, "higher"), ("mass on the object", metrics.MassShare, "higher"), ("peak on the object", metrics.Pointing, "higher"),
        ("  the object's area, as chance", metrics.AreaShare, ""), ("  a spot in the middle gets", metrics.CentredGaussianTopShare, ""),
    ];
}
