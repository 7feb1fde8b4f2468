using System.CommandLine;

namespace Iba.Cli;

/// <summary><c>iba fit</c>: a network and some data to an explainer.</summary>
internal static class FitCommand
{
    private const int DefaultRows = 1000;

    public static Command Create(Surroundings surroundings)
    {
        var inputs = new Argument<string[]>("input")
        {
            Description = "The data to measure: photographs, or one folder, list, .parquet or .idv file. With --merge: the measurements of parts.",
            Arity = ArgumentArity.OneOrMore,
        };
        var network = new Option<string>("--network") { Description = "The classifier, ONNX or TorchScript.", Required = true };
        var shape = SharedOptions.InputShape();
        var output = new Option<string>("--output") { Description = "The explainer's zip, or with --part the measurement.", Required = true };
        var layer = SharedOptions.Layer();
        var preprocessing = SharedOptions.Preprocessing();
        var classes = SharedOptions.Classes();
        var beta = SharedOptions.Beta();
        var preset = SharedOptions.Preset();
        var target = SharedOptions.Target();
        var seed = SharedOptions.Whole("--seed", "Seed of the noise. Default: 0.", least: 0);
        var rows = SharedOptions.Whole("--rows", $"Measure at most so many rows: of pictures evenly out of all, of tables the first. Default: {DefaultRows}.", least: 2);
        var perChannel = new Option<bool>("--per-channel") { Description = "Mean and deviation per channel, not per neuron: a file of kilobytes, and few rows suffice." };
        var column = new Option<string?>("--column") { Description = "The column of a table that is explained. Default: named as the network's input." };
        var part = SharedOptions.Part("--part", "Measure the i-th of n parts and save what was measured, for --merge.");
        var merge = new Option<bool>("--merge") { Description = "Make the explainer of measurements of parts." };
        var gpu = SharedOptions.Gpu();
        var command = new ExampleCommand("fit", "Measures a network's layer on some hundred rows of the kind to be explained, and writes an explainer.", surroundings)
        {
            Examples =
            [
                ("iba fit photos --network resnet50.onnx --preprocessing imagenet --output explainer.zip", "The zip that 'iba explain --model' takes, network included."),
                ("iba fit photos --network resnet50.onnx --preprocessing imagenet --part 0/4 --output part0", "A quarter of it, on one of four machines ..."),
                ("iba fit --merge part0 part1 part2 part3 --network resnet50.onnx --preprocessing imagenet --output explainer.zip", "... and all of it."),
            ],
        };
        command.Add(inputs);
        foreach (var option in new Option[] { network, shape, output, layer, preprocessing, classes, beta, preset, target, seed, rows, perChannel, column, part, merge, gpu }) command.Add(option);
        command.Does((parsed, reporter) =>
        {
            var choice = new NetworkChoice
            {
                Network = parsed.GetValue(network)!,
                InputShape = SharedOptions.ShapeOf(parsed, shape),
                Layer = parsed.GetValue(layer),
                Preprocessing = parsed.GetValue(preprocessing),
                Classes = parsed.GetValue(classes),
                Beta = parsed.GetValue(beta),
                Preset = parsed.GetValue(preset),
                Target = parsed.GetValue(target),
                Seed = parsed.GetValue(seed) ?? 0,
                PerChannel = parsed.GetValue(perChannel) ? true : null,
            };
            string path = parsed.GetValue(output)!;
            string[] paths = parsed.GetValue(inputs)!;
            if (parsed.GetValue(merge) && parsed.GetValue(part) != null) throw new UsageException("--part measures and --merge joins what was measured: one after the other.");
            var fit = parsed.GetValue(merge)
                ? ExplainerFit.Merge(choice, paths, path, Context.Create(reporter))
                : ExplainerFit.Measure(
                    choice, Inputs.Source(paths), parsed.GetValue(column), parsed.GetValue(rows) ?? DefaultRows, parsed.GetValue(part), path, reporter, parsed.GetValue(gpu), surroundings.Cancellation);
            reporter.Result(fit, $"Layer '{fit.Layer}', measured on {fit.MeasuredRows:N0} rows: {fit.File}");
            return ExitCode.Success;
        });
        return command;
    }
}
