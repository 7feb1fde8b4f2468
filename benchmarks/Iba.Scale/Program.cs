using System.CommandLine;
using Iba.Scale;

var shards = new Option<int>("--shards") { Description = "Shards of the job.", DefaultValueFactory = _ => new SimulationSettings().Shards };
var workers = new Option<int>("--workers") { Description = "Workers.", DefaultValueFactory = _ => new SimulationSettings().Workers };
var seed = new Option<int>("--seed") { Description = "Chooses what fails when.", DefaultValueFactory = _ => new SimulationSettings().Seed };
var simulate = new Command("simulate", "Simulates a cluster with failures: the schedule, the commits and the folder are real.") { shards, workers, seed };
simulate.SetAction(parsed =>
{
    using var folder = new WorkFolder();
    var settings = new SimulationSettings { Shards = parsed.GetValue(shards), Workers = parsed.GetValue(workers), Seed = parsed.GetValue(seed) };
    Console.WriteLine(new ClusterSimulation(settings, folder.Path).Run());
});

var benchmarks = new Option<string>("--benchmarks") { Description = "Where the seconds for one image are read.", DefaultValueFactory = _ => "docs/benchmarks.md" };
var price = new Option<double>("--price") { Description = "What such a machine costs an hour.", DefaultValueFactory = _ => 0.08 };
var arithmetic = new Command("arithmetic", "Works out what a million and a hundred million images take: time, shards, bytes, listing, cost.") { benchmarks, price };
arithmetic.SetAction(parsed => Console.WriteLine(ScaleTable.Make(File.ReadAllText(parsed.GetValue(benchmarks)!), parsed.GetValue(price))));

var minutes = new Option<double>("--minutes") { Description = "How long faults are made.", DefaultValueFactory = _ => 30 };
var join = new Option<bool>("--join") { Description = "By leases in the folder, without a coordinator." };
var soak = new Command("soak", "Kills, stops and restarts real processes on loopback for a while, and compares the result with an undisturbed one.") { minutes, seed, join };
soak.SetAction(parsed => Console.WriteLine(SoakRun.Run(TimeSpan.FromMinutes(parsed.GetValue(minutes)), parsed.GetValue(seed), parsed.GetValue(join))));

return new RootCommand("How jobs behave on many machines; docs/scale.md has what it prints.") { simulate, arithmetic, soak }.Parse(args).Invoke();
