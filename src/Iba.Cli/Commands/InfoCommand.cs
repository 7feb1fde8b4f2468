using System.CommandLine;
using Iba.Jobs;
using Iba.Onnx;

namespace Iba.Cli;

/// <summary><c>iba info</c>: what a zip, a network or a job is.</summary>
internal static class InfoCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var path = new Argument<string>("file") { Description = "An explainer's zip, a network (ONNX or TorchScript), or a job's folder." };
        var command = new ExampleCommand("info", "Says what a file is, and where it comes from.", surroundings)
        {
            Examples =
            [
                ("iba info explainer.zip", "Network's hash, layer, rows measured, seed, options, versions."),
                ("iba info resnet50.onnx", "Inputs, outputs and the number of layers."),
                ("iba info job", "The plan of a job."),
            ],
        };
        command.Add(path);
        command.Does((parsed, reporter) =>
        {
            string file = parsed.GetValue(path)!;
            if (Directory.Exists(file)) Job(surroundings, file, reporter);
            else if (!File.Exists(file)) throw new FileNotFoundException($"There is no file or folder '{file}'.");
            else if (NetworkFile.IsTorchScript(file)) Script(file, reporter);
            else if (IsZip(file)) Zip(file, reporter);
            else Network(file, reporter);
            return ExitCode.Success;
        });
        return command;
    }

    private static void Job(Surroundings surroundings, string folder, Reporter reporter)
    {
        var plan = surroundings.OpenJob(folder, Context.Create(reporter)).Details;
        reporter.Result(
            new { kind = "job", plan },
            $"A job: {plan.Rows:N0} rows of {(plan.Source.Length > 0 ? plan.Source : "files by name")}, in {plan.Shards:N0} shards of {plan.ShardRows:N0}",
            $"Id: {plan.Id}", $"Method: {plan.Method}, in {plan.Unit}",
            $"Layer: {plan.Layer ?? "the input"}", $"Rows measured: {plan.MeasuredRows?.ToString("N0", null) ?? "none"}", $"Model: {plan.ModelSha256}",
            $"Versions: Iba.Jobs {plan.LibraryVersion}, libtorch {plan.TorchVersion}");
    }

    private static void Zip(string file, Reporter reporter)
    {
        using var model = JobModel.Load(Context.Create(reporter), file);
        var provenance = model.Explainer.Provenance;
        string[] columns = [.. model.Inputs?.Where(column => !column.IsHidden).Select(column => $"{column.Name} ({column.Type})") ?? []];
        reporter.Result(
            new { kind = "explainer", model.Method, unit = model.Unit.ToString(), classes = model.Explainer.Settings.ClassCount, columns, provenance },
            [
                $"An explainer: {model.Method}, in {model.Unit}, {model.Explainer.Settings.ClassCount:N0} classes",
                $"Columns: {(columns.Length > 0 ? string.Join(", ", columns) : "not known")}",
                .. provenance.ToString().Split('\n'),
            ]);
    }

    // Loading it would run it.
    private static void Script(string file, Reporter reporter) => reporter.Result(
        new { kind = "network", format = NetworkFile.TorchScript },
        $"A TorchScript network, which does not say what it takes; 'iba layers {file} --input-shape 3,224,224' loads it and lists its layers");

    private static void Network(string file, Reporter reporter)
    {
        using var network = NetworkFile.Load(file, shape: null);
        var onnx = network as OnnxNetwork;
        var inputs = network.Inputs.Select(input => new { input.Name, type = input.ElementType.ToString(), input.Shape }).ToArray();
        reporter.Result(
            new { kind = "network", inputs, output = onnx?.OutputName, otherOutputs = onnx?.OtherOutputs, layers = network.Layers.Count, classes = onnx?.ClassNames?.Count },
            [
                $"{(onnx == null ? "A saved" : "An ONNX")} network with {network.Layers.Count:N0} layers ('iba layers {file}')",
                .. inputs.Select(input => $"Input {input.Name}: {input.type} [{string.Join(", ", input.Shape.Select(size => size < 0 ? "?" : $"{size}"))}]"),
                $"Output: {onnx?.OutputName ?? network.Output.ToString()}{(onnx?.OtherOutputs.Count > 0 ? $"; others: {string.Join(", ", onnx.OtherOutputs)}" : "")}",
                $"Names of classes: {(onnx?.ClassNames is { } names ? $"{names.Count:N0}" : "none")}",
            ]);
    }

    private static bool IsZip(string file)
    {
        using var stream = File.OpenRead(file);
        return stream.ReadByte() == 'P' && stream.ReadByte() == 'K';
    }
}
