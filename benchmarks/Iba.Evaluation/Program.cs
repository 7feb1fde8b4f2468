using System.CommandLine;
using Iba.Evaluation;
using TorchSharp;

var networks = new Option<string[]>("--networks")
{
    Description = $"The networks: {string.Join(", ", Subjects.All.Keys)}. Default: all.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [.. Subjects.All.Keys],
};
networks.AcceptOnlyFromAmong([.. Subjects.All.Keys]);
var photographs = new Option<int>("--photographs") { Description = "At most so many photographs, spread over all of them. Default: all.", DefaultValueFactory = _ => int.MaxValue };
var folder = new Option<string>("--folder") { Description = "Where measurements are kept; a run that was interrupted goes on from them.", DefaultValueFactory = _ => "artifacts/evaluation" };
var output = new Option<string>("--output") { Description = "The page to write; its pictures go to 'pictures' beside it.", DefaultValueFactory = _ => "docs/evaluation.md" };
var pageOnly = new Option<bool>("--page-only") { Description = "Write the page of what was measured before." };

var root = new RootCommand("Compares the information bottleneck with other methods, and writes docs/evaluation.md.") { networks, photographs, folder, output, pageOnly };
root.SetAction(parsed =>
{
    // One core: its seconds are comparable, and threads that wait for each other would count as work.
    torch.set_num_threads(1);
    var store = new MeasurementStore(parsed.GetValue(folder)!);
    var comparisons = new List<Comparison>();
    foreach (string name in parsed.GetValue(networks)!)
    {
        using var subject = Subjects.All[name]();
        comparisons.Add(Comparison.Run(subject, store, subject.Replacement == null ? parsed.GetValue(photographs) : int.MaxValue, measures: !parsed.GetValue(pageOnly)));
    }

    // Where measurements lie, and that they were made before, is not the reader's business.
    string[] given = [.. args.Where((argument, i) => argument is not ("--page-only" or "--folder" or "--output") && (i == 0 || args[i - 1] is not ("--folder" or "--output")))];
    EvaluationPage.Write(parsed.GetValue(output)!, given.Length == 0 ? "" : $" -- {string.Join(' ', given)}", comparisons);
});

var page = new Option<string>("--page") { Description = "The page with the place for the table.", DefaultValueFactory = _ => "docs/reading-a-map.md" };
var bits = new Command("bits", "Measures how a total of bits moves with the seed and with the photographs that Fit saw, and writes the table of docs/reading-a-map.md.") { page };
bits.SetAction(parsed => BitsChapter.Write(parsed.GetValue(page)!));
root.Add(bits);
return root.Parse(args).Invoke();
