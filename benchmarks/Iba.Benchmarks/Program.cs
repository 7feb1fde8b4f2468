using System.CommandLine;
using Iba.Benchmarks;

if (args is [Worker.Command, var order])
{
    Worker.Serve(order);
    return 0;
}

var only = new Option<string[]>("--only") { Description = $"Parts to run: {string.Join(", ", Report.Parts.Select(part => part.Name))}. Default: all.", AllowMultipleArgumentsPerToken = true };
var networks = new Option<string[]>("--networks") { Description = "Networks to run, by a part of the name. Default: all.", AllowMultipleArgumentsPerToken = true };
var folder = new Option<string>("--network-folder") { Description = "Where export_networks.py wrote its files.", DefaultValueFactory = _ => "artifacts/networks" };
var rounds = new Option<int>("--rounds") { Description = "How often each contestant's turn comes.", DefaultValueFactory = _ => 5 };
var threads = new Option<int>("--threads") { Description = "Threads of libtorch.", DefaultValueFactory = _ => Environment.ProcessorCount };
var steps = new Option<int>("--steps") { Description = "Optimisation steps, T.", DefaultValueFactory = _ => 10 };
var copies = new Option<int>("--copies") { Description = "Noise copies, K.", DefaultValueFactory = _ => 10 };
var reference = new Option<string?>("--reference") { Description = "The folder that holds the reference implementation's Python package. Default: left out." };
var python = new Option<string>("--python") { Description = "A Python with torch and torchvision.", DefaultValueFactory = _ => "/usr/bin/python3" };
var output = new Option<string>("--output") { Description = "The report to write; a part that is not run keeps what the report says.", DefaultValueFactory = _ => "docs/benchmarks.md" };

var root = new RootCommand("Measures Iba.MLNet and writes docs/benchmarks.md.") { only, networks, folder, rounds, threads, steps, copies, reference, python, output };
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
        Reference = parsed.GetValue(reference),
        Python = parsed.GetValue(python)!,
    }));
return root.Parse(args).Invoke();
