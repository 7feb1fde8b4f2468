// ML.NET's own transfer learning: the features of a pretrained ResNet18, and a linear classifier on top. Is a photograph an animal, a building or
// a thing? Then the one line that explains it: which pixels did the classifier need?
using ExplainImageClassifier;
using Iba.MLNet;
using Iba.Reports;
using Microsoft.ML;
using Microsoft.ML.Data;

string folder = Path.Combine(AppContext.BaseDirectory, "assets", "photos");
var ml = new MLContext(seed: 0);
var all = ml.Data.LoadFromTextFile<Photo>(Path.Combine(AppContext.BaseDirectory, "photos.csv"), separatorChar: ',', hasHeader: true);
var train = ml.Data.FilterByCustomPredicate<Photo>(all, photo => photo.Split != "train");
var test = ml.Data.FilterByCustomPredicate<Photo>(all, photo => photo.Split != "test");

var pipeline = ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
    .Append(ml.Transforms.LoadImages("Image", folder, "File"))
    .Append(ml.Transforms.ResizeImages("Image", Explained.Side, Explained.Side))
    .Append(ml.Transforms.ExtractPixels("Pixels", "Image"))
    .Append(ml.Transforms.DnnFeaturizeImage("Features", network => network.ModelSelector.ResNet18(ml, network.OutputColumn, network.InputColumn), "Pixels"))
    .AppendCacheCheckpoint(ml)
    .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "Features"));
var model = pipeline.Fit(train);
var scored = ml.Data.Cache(model.Transform(test), "File", "Kind", "Label", "Pixels", "Score", "PredictedLabel");
Console.WriteLine($"Right on photographs that it has not seen: {ml.MulticlassClassification.Evaluate(scored).MicroAccuracy:P0} of {scored.GetRowCount()}.");

using var explainer = ml.Transforms.Iba(new IbaEstimator.Options
{
    OutputColumnName = "Bits",
    InputColumnName = "Pixels",
    Model = model,
    Layer = args.Length > 0 ? args[0] : "Plus335_Output_0",
    ScoresColumnName = "Probabilities",
    Seed = 0,
}).Fit(model.Transform(train));

VBuffer<ReadOnlyMemory<char>> kinds = default;
scored.Schema["PredictedLabel"].GetKeyValues(ref kinds);
var sheet = new ContactSheet { ScaleEach = true };
foreach (var photo in ml.Data.CreateEnumerable<Explained>(explainer.Transform(ml.Data.TakeRows(scored, 12)), reuseRowObject: false))
{
    string predicted = kinds.GetItemOrDefault((int)photo.PredictedLabel - 1).ToString();
    string answer = photo.Kind == predicted ? predicted : $"{predicted}, but it is: {photo.Kind}";
    Console.WriteLine($"{photo.File,-24} {answer,-30} {photo.Bits.Sum(),6:F0} bits");
    sheet.Add(photo.ToImage(), photo.Bits, answer, $"{photo.Probabilities[(int)photo.PredictedLabel - 1]:P0} sure, {photo.Bits.Sum():F0} bits");
}

string path = Path.Combine(Directory.CreateDirectory(Path.Combine("artifacts", "ExplainImageClassifier")).FullName, "sheet.png");
sheet.Render().SavePng(path);
Console.WriteLine($"The photographs beside their maps are in {path}");
