using System.CommandLine;
using Iba.Benchmarks;

if (args is [Worker.Command, var order])
{
    Worker.Serve(order);
    return 0;
}

if (args is [FirstMap.Command, var zip, var photo])
{
    FirstMap.Run(zip, photo);
    return 0;
}

string[] parts = [.. Report.Parts.Select(part => part.Name)];
var only = new Option<string[]>("--only") { Description = $"Chapters to run: {string.Join(", ", parts)}. Default: all.", AllowMultipleArgumentsPerToken = true };
only.AcceptOnlyFromAmong(parts);
var networks = new Option<string[]>("--networks") { Description = "Networks to run, by a part of the name. Default: all.", AllowMultipleArgumentsPerToken = true };
var folder = new Option<string>("--network-folder") { Description = "Where export_networks.py wrote its files.", DefaultValueFactory = _ => "artifacts/networks" };
var rounds = new Option<int>("--rounds") { Description = "How often each contestant's turn comes.", DefaultValueFactory = _ => 5 };
var threads = new Option<int>("--threads") { Description = "Threads of libtorch.", DefaultValueFactory = _ => Environment.ProcessorCount };
var steps = new Option<int>("--steps") { Description = "Optimisation steps, T.", DefaultValueFactory = _ => 10 };
var copies = new Option<int>("--copies") { Description = "Noise copies, K.", DefaultValueFactory = _ => 10 };
var device = new Option<string>("--device") { Description = "cpu, or cuda for the first GPU: then only the chapters that can measure it are run, beside those of the CPU.", DefaultValueFactory = _ => "cpu" };
device.AcceptOnlyFromAmong("cpu", "cuda");
device.Validators.Add(result =>
{
    if (result.GetValueOrDefault<string>() == "cuda" && !Machine.HasGpu()) result.AddError("libtorch sees no GPU here. Build with -p:TorchBackend=cuda on a machine that has one.");
});
var reference = new Option<string?>("--reference") { Description = "The folder that holds the reference implementation's Python package IBA. Default: left out." };
reference.Validators.Add(result =>
{
    if (result.GetValueOrDefault<string?>() is not { } package || File.Exists(Path.Combine(package, "IBA", "pytorch.py"))) return;
    result.AddError($"'{package}' has no IBA/pytorch.py: give the folder of a clone of github.com/BioroboticsLab/IBA.");
});
var precompiled = new Option<string?>("--precompiled") { Description = "The folder that this program was published to with PublishReadyToRun, for start. Default: left out." };
precompiled.Validators.Add(result =>
{
    if (result.GetValueOrDefault<string?>() is not { } published || FirstMap.IsPrecompiled(published)) return;
    result.AddError($"'{published}' has no precompiled program: dotnet publish benchmarks/Iba.Benchmarks -c Release -r linux-x64 --self-contained false -p:PublishReadyToRun=true -o {published}");
});
var python = new Option<string>("--python") { Description = "A Python with torch and torchvision.", DefaultValueFactory = _ => "/usr/bin/python3" };
var output = new Option<string>("--output") { Description = "The report to write; a chapter that is not run keeps what the report says.", DefaultValueFactory = _ => "docs/benchmarks.md" };

var root = new RootCommand("Measures Iba.MLNet and writes docs/benchmarks.md.") { only, networks, folder, rounds, threads, steps, copies, device, reference, precompiled, python, output };
root.SetAction(parsed => Report.Write(
    parsed.GetValue(output)!,
    new BenchmarkSettings
    {
        Parts = parsed.GetValue(only) ?? [],
        Networks = parsed.GetValue(networks) ?? [],
        NetworkFolder = parsed.GetValue(folder)!,
        Rounds = parsed.GetValue(rounds),
        Threads = parsed.GetValue(threads),
        Steps = parsed.GetValue(steps),
        Copies = parsed.GetValue(copies),
        OnGpu = parsed.GetValue(device) == "cuda",
        Reference = parsed.GetValue(reference),
        Precompiled = parsed.GetValue(precompiled),
        Python = parsed.GetValue(python)!,
    }));
return root.Parse(args).Invoke();
