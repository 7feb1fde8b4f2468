using System.CommandLine;
using Iba.Jobs;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.Cli;

/// <summary>The options that say which explainer is used: a zip, a network that is measured on the same rows, or the one that comes with the tool.</summary>
internal sealed class ExplainerOptions
{
    /// <summary>Where no zip is given, as many rows are measured: mean and deviation hardly change after some hundred.</summary>
    private const int MeasuredRows = 1000;

    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly Option<string?> _network = new("--network") { Description = "A classifier, ONNX or TorchScript, in place of --model: its layer is measured on the same data first." };
    private readonly Option<long[]?> _inputShape = SharedOptions.InputShape();
    private readonly Option<string?> _layer = SharedOptions.Layer();
    private readonly Option<string?> _preprocessing = SharedOptions.Preprocessing();
    private readonly Option<string?> _classes = SharedOptions.Classes();
    private readonly Option<double?> _beta = SharedOptions.Beta();
    private readonly Option<IbaPreset> _preset = SharedOptions.Preset();
    private readonly Option<int?> _target = SharedOptions.Target();
    private readonly Option<string?> _column = new("--column") { Description = "With --network: the column of a table that is explained. Default: named as the network's input." };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _model, _network, _inputShape, _layer, _preprocessing, _classes, _beta, _preset, _target, _column }) command.Add(option);
    }

    /// <summary>The explainer's zip, made if that is needed.</summary>
    /// <param name="parsed">What was typed.</param>
    /// <param name="source">The rows.</param>
    /// <param name="folder">Where it may be made.</param>
    /// <param name="reporter">Says what is made.</param>
    /// <param name="gpu">The number of the graphics processor; null: the processor.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="UsageException">The options do not go together.</exception>
    public string Zip(ParseResult parsed, JobSource source, ScratchFolder folder, Reporter reporter, int? gpu, CancellationToken cancellation)
    {
        string zip = folder["explainer.zip"];
        if (parsed.GetValue(_model) is { } model)
        {
            string? other = new Option[] { _network, _inputShape, _layer, _preprocessing, _classes, _beta, _preset, _target, _column }.FirstOrDefault(option => parsed.GetResult(option) != null)?.Name;
            return other == null ? model : throw new UsageException($"{other} belongs to a network, and --model has its own: leave one of them away.");
        }

        if (parsed.GetValue(_network) is { } network)
        {
            var choice = Explained(parsed, new NetworkChoice
            {
                Network = network,
                InputShape = SharedOptions.ShapeOf(parsed, _inputShape),
                Layer = parsed.GetValue(_layer),
                Preprocessing = parsed.GetValue(_preprocessing),
                Classes = parsed.GetValue(_classes),
            });
            var fit = ExplainerFit.Measure(choice, source, parsed.GetValue(_column), MeasuredRows, part: null, zip, reporter, gpu, cancellation);
            reporter.Note($"Layer '{fit.Layer}' was measured on {fit.MeasuredRows} rows of the same data, since there is no --model. 'iba fit' measures once, for any data.");
            return zip;
        }

        Bundled(parsed, reporter);
        BundledExplainer.Save(zip, Explained(parsed, BundledExplainer.Choice));
        return zip;
    }

    /// <summary>The explainer, without a zip where none is needed.</summary>
    /// <inheritdoc cref="Zip" path="/*[not(self::summary)]"/>
    public JobModel Load(ParseResult parsed, JobSource source, ScratchFolder folder, MLContext context, Reporter reporter, int? gpu, CancellationToken cancellation)
    {
        if (parsed.GetValue(_model) != null || parsed.GetValue(_network) != null)
        {
            string zip = Zip(parsed, source, folder, reporter, gpu, cancellation);
            return File.Exists(zip) ? JobModel.Load(context, zip) : throw new JobException($"There is no model '{zip}'.");
        }

        Bundled(parsed, reporter);
        return BundledExplainer.Load(Explained(parsed, BundledExplainer.Choice), context);
    }

    private NetworkChoice Explained(ParseResult parsed, NetworkChoice choice)
        => choice with { Beta = parsed.GetValue(_beta), Preset = parsed.GetValue(_preset), Target = parsed.GetValue(_target) };

    private void Bundled(ParseResult parsed, Reporter reporter)
    {
        if (new Option[] { _inputShape, _layer, _preprocessing, _classes, _column }.FirstOrDefault(option => parsed.GetResult(option) != null) is { } lone)
        {
            throw new UsageException($"{lone.Name} needs a network: add --network FILE.onnx.");
        }

        reporter.Note($"Network: {BundledExplainer.About}");
    }
}
