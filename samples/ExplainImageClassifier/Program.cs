// ML.NET's own transfer learning: the features of a pretrained ResNet18, and a linear classifier on top. Is a photograph an animal, a building or
// a thing? One line more explains it: which pixels did the classifier need?
using ExplainImageClassifier;
using Iba.Reports;
using Microsoft.ML;
using Microsoft.ML.Runtime;

string folder = Path.Combine(AppContext.BaseDirectory, "assets", "photos");
var ml = new MLContext(seed: 0);
ml.Log += (_, message) => { if (message.Kind >= ChannelMessageKind.Warning) Console.Error.WriteLine(message.RawMessage); }; // Fitted on few rows, for example.
var all = ml.Data.LoadFromTextFile<Photo>(Path.Combine(AppContext.BaseDirectory, "photos.csv"), separatorChar: ',', hasHeader: true);
var train = ml.Data.FilterByCustomPredicate<Photo>(all, photo => photo.Split != "train");
var test = ml.Data.FilterByCustomPredicate<Photo>(all, photo => photo.Split != "test");

var pipeline = ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
    .Append(ml.Transforms.LoadImages("Image", folder, "File"))
    .Append(ml.Transforms.ResizeImages("Image", Explained.Side, Explained.Side))
    .Append(ml.Transforms.ExtractPixels("Pixels", "Image"))
    .Append(ml.Transforms.DnnFeaturizeImage("Features", network => network.ModelSelector.ResNet18(ml, network.OutputColumn, network.InputColumn), "Pixels"))
    .AppendCacheCheckpoint(ml)
    .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "Features"))
    .Append(ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel"));
var model = pipeline.Fit(train);
Console.WriteLine($"Right on the photographs that were held out: {ml.MulticlassClassification.Evaluate(model.Transform(test)).MicroAccuracy:P0}");

using var explained = ml.Transforms.Iba("Bits", model, seed: 0).Fit(train);

var sheet = new ContactSheet { ScaleEach = true };
foreach (var photo in ml.Data.CreateEnumerable<Explained>(explained.Transform(ml.Data.TakeRows(test, 9)), reuseRowObject: false))
{
    string answer = photo.Predicted == photo.Kind ? photo.Predicted : $"{photo.Predicted} (it is: {photo.Kind})";
    Console.WriteLine($"{photo.File,-24} {answer,-28} {photo.Score.Max(),4:P0} sure, {photo.Bits.Sum(),5:F0} bits");
    sheet.Add(photo.ToImage(), photo.Bits, answer, $"{photo.Score.Max():P0} sure, {photo.Bits.Sum():F0} bits");
}

string path = Path.Combine(Directory.CreateDirectory(Path.Combine("artifacts", "ExplainImageClassifier")).FullName, "sheet.png");
sheet.Render().SavePng(path);
Console.WriteLine($"The photographs beside their maps are in {path}");
