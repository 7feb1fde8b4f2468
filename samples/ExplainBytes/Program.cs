using ExplainBytes;
using Iba.MLNet;
using Iba.Onnx;
using Iba.Reports;
using Microsoft.ML;
using Microsoft.ML.Runtime;

if (args is ["--help" or "-h" or "-?"])
{
    Console.WriteLine("dotnet run --project samples/ExplainBytes -- [file]...   Shades the bytes by which a file's type is told. No file: some of this repository.");
    return 0;
}

// By which bytes does Google's Magika tell a file's type? Fits on this repository's own files, explains a few or those on the command line.
string assets = Path.Combine(AppContext.BaseDirectory, "assets", "magika");
string[] types = File.ReadAllLines(Path.Combine(assets, "labels.txt"));
var repository = new DirectoryInfo(AppContext.BaseDirectory);
while (repository != null && !File.Exists(Path.Combine(repository.FullName, "Iba.sln"))) repository = repository.Parent;
string root = (repository ?? new DirectoryInfo(AppContext.BaseDirectory)).FullName;
var files = Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true }) // without hidden folders
    .Where(file => new FileInfo(file).Length > 0)
    .OrderBy(file => file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal)) // built files last
    .ThenBy(file => file, StringComparer.Ordinal)
    .ToLookup(file => Path.GetExtension(file));
string[] extensions = [".cs", ".csproj", ".md", ".csv", ".json", ".jpg", ".onnx", ".props", ".sln", ".txt", ".proto", ".dll", ".pdb", ".so"];
string[] measured = extensions.SelectMany(extension => files[extension].Take(8)).ToArray();
string[] liked = ["src/Iba.Torch/Heatmaps/Heatmap.cs", "samples/assets/SOURCES.md", "samples/assets/topics/sentences.csv", "samples/assets/photos/dog.jpg"];
string[] explained = args.Length > 0 ? args : liked.Select(file => Path.Combine(root, file)).Concat(files[".so"].Take(1)).Where(File.Exists).ToArray();
if (explained.FirstOrDefault(file => !File.Exists(file)) is { } missing)
{
    Console.Error.WriteLine($"There is no file {missing}");
    return 1;
}

var ml = new MLContext(seed: 0);
ml.Log += (_, message) => { if (message.Kind >= ChannelMessageKind.Warning) Console.Error.WriteLine(message.RawMessage); }; // Fitted on few rows, for example.
using var network = OnnxNetwork.Load(Path.Combine(assets, "magika.onnx"));
var estimator = ml.Transforms.Iba(new IbaEstimator.Options
{
    OutputColumnName = "Bits",
    InputColumnName = "Bytes",
    Network = network,
    Layer = "jax2tf_get_logits_/pjit_get_logits_/MagikaV2/LayerNorm_0/AddV2_1:0", // 512 positions of 4 bytes
    PerChannelStatistics = true,
    Beta = 100, // 131,072 features: the information term is a mean over them
    TargetColumnName = "Type",
    ScoresColumnName = "Scores",
    Seed = 0,
});
Console.WriteLine($"Measuring {measured.Length} files of {extensions.Length} kinds in {root}");
using var explainer = estimator.Fit(ml.Data.LoadFromEnumerable(measured.Select(FileRow.Read)));

var rows = explained.Select(FileRow.Read).ToArray();
var page = new BitsPage(
    "By which bytes is a file's type told?",
    "Magika, Google's file type detector, reads the first and the last 1024 bytes of a file. The deeper the shade of a byte, the more bits of " +
    "it the network used for its answer. Four bytes share one position of the network. Each file has its own scale.");
var results = ml.Data.CreateEnumerable<Explained>(explainer.Transform(ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false);
foreach (var (row, result) in rows.Zip(results))
{
    var bytes = row.Join(result.Bits);
    string name = Path.GetRelativePath(root, row.Path);
    string facts = $"{types[result.Type]}, {result.Scores[result.Type]:P1} sure, {bytes.Sum(value => value.Bits):F0} bits";
    Console.WriteLine($"\n{name}: {facts}; the eight strongest lines:");
    Console.Write(BitsConsole.Shade(bytes, BitsConsole.HasColor, maximumLines: 8));
    page.AddBytes(name, facts, bytes);
}

string path = Path.Combine(Directory.CreateDirectory(Path.Combine("artifacts", "ExplainBytes")).FullName, "bytes.html");
page.Save(path);
Console.WriteLine($"\nThe shaded files are in {path}");
return 0;
