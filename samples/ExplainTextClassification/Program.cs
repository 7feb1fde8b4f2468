using ExplainTextClassification;
using Iba.MLNet;
using Iba.Reports;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.TorchSharp;
using Microsoft.ML.TorchSharp.NasBert;
using TorchSharp;

if (args is ["--help" or "-h" or "-?"])
{
    Console.WriteLine("dotnet run --project samples/ExplainTextClassification   Trains ML.NET's TextClassification on sentences with a known answer, and shades the words that it uses.");
    return;
}

// Weights that a training with a connection to the internet left behind are used; else noise, which learns enough from these sentences.
var ml = new MLContext(seed: 0);
ml.Log += (_, message) => { if (message.Kind >= ChannelMessageKind.Warning) Console.Error.WriteLine(message.RawMessage); }; // Fitted on few rows, for example.
bool pretrained = NasBertWeights.Exist(ml.TempFilePath);
if (!pretrained)
{
    ml.TempFilePath = Path.Combine(AppContext.BaseDirectory, "noise");
    NasBertWeights.Make(ml.TempFilePath);
}

// 1. The pipeline as it is without us.
var train = ml.Data.LoadFromEnumerable(Sentences.Make(160, seed: 1));
torch.random.manual_seed(0); // ML.NET draws the classifier's first weights before it seeds.
var model = ml.Transforms.Conversion.MapValueToKey("Label")
    .Append(ml.MulticlassClassification.Trainers.TextClassification(new TextClassificationTrainer.TextClassificationOptions
    {
        Sentence1ColumnName = "Text",
        BatchSize = 16,
        MaxEpoch = 3,
        LearningRate = [pretrained ? 3e-4 : 7e-4],
    }))
    .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
    .Fit(train);
var test = ml.Data.LoadFromEnumerable(Sentences.Make(16, seed: 2));
Console.WriteLine($"Trained from {(pretrained ? "ML.NET's weights" : "noise")}; accuracy on {16} new sentences: {ml.MulticlassClassification.Evaluate(model.Transform(test)).MicroAccuracy:P0}\n");

// 2. One line explains it.
using var explained = ml.Transforms.Iba("Bits", model, seed: 0).Fit(train);

var page = new BitsPage(
    "Which words did TextClassification need?",
    "ML.NET's TextClassification learned from 160 sentences like these, in which one word says the class and the others say nothing. The number above " +
    "a word is how many bits of it the network used for its answer: the more bits, the deeper the shade. White words could be replaced by noise " +
    "and the answer would stay. One class may be what the network says of noise alone: its sentences need next to nothing. Each sentence has its own scale.");
int found = 0, needless = 0, rows = 0;
foreach (var row in ml.Data.CreateEnumerable<Explained>(explained.Transform(test), reuseRowObject: false))
{
    var words = WordBits.Join(row.Text, row.TokenOffsets, row.Bits);
    double bits = words.Sum(word => word.Bits);
    if (bits < 5) needless++;
    else if (Sentences.Says(row.PredictedLabel, words.MaxBy(word => word.Bits)!.Word)) found++;
    rows++;
    var shades = words.Select(word => new TextBits(word.Start, word.Length, word.Bits)).ToArray();
    Console.WriteLine($"{row.PredictedLabel,-10} {BitsConsole.Shade(row.Text, shades, BitsConsole.HasColor)}");
    page.AddText(row.PredictedLabel, $"{bits:F0} bits in {words.Count} words", row.Text, shades);
}

string path = Path.Combine(Directory.CreateDirectory(Path.Combine("artifacts", "ExplainTextClassification")).FullName, "words.html");
page.Save(path);
Console.WriteLine($"\nThe word that says the class has the most bits in {found} of {rows - needless} sentences; {needless} need none, since noise alone gets their class. They are shaded in {path}");
