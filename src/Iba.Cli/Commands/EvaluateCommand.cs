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
        var gpu = SharedOptions.Gpu();
        var command = new ExampleCommand("evaluate", "Judges the maps of an explainer by asking the network; docs/judging.md says what the numbers mean.", surroundings)
        {
            Examples = [("iba evaluate photos --model explainer.zip --rows 50", "Degradation, insertion and deletion, with 95 % intervals.")],
        };
        command.Add(inputs);
        explainer.AddTo(command);
        foreach (var option in new Option[] { rows, tile, gpu }) command.Add(option);
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
            var metrics = context.Model.EvaluateAttribution(
                model.Explainer, model.Transform(EvaluatedRows.Of(context, model, source, most)),
                new AttributionEvaluationOptions { MaximumRows = most, Tile = parsed.GetValue(tile) ?? DefaultTile });
            (string Name, ConfidenceInterval Mean, string Better)[] numbers =
            [
                ("degradation integral", metrics.DegradationIntegral, "higher"), ("degradation over the data set", metrics.DegradationOverDataSet, "higher"),
                ("insertion area", metrics.InsertionArea, "higher"), ("deletion area", metrics.DeletionArea, "lower"),
            ];
            var table = new Table().RoundedBorder()
                .AddColumn("Metric").AddColumn("Mean", column => column.RightAligned()).AddColumn("95 % interval").AddColumn("Rows", column => column.RightAligned()).AddColumn("Better");
            foreach (var (name, mean, better) in numbers)
            {
                string interval = mean.HasInterval ? string.Create(CultureInfo.InvariantCulture, $"{mean.Lower:F3} to {mean.Upper:F3}") : "none";
                table.AddRow(name, mean.Value.ToString("F3", CultureInfo.InvariantCulture), interval, mean.Rows.ToString(CultureInfo.InvariantCulture), better);
            }

            reporter.Table(
                new { rows = metrics.Rows.Count, unjudged = metrics.UnjudgedRows, metrics.DegradationIntegral, metrics.DegradationOverDataSet, metrics.InsertionArea, metrics.DeletionArea },
                table, $"{metrics.Rows.Count:N0} rows, {metrics.UnjudgedRows:N0} of them without a map to judge");
            return metrics.UnjudgedRows > 0 ? ExitCode.SomeRowsFailed : ExitCode.Success;
        });
        return command;
    }
}
