// LoadsModel MODEL.zip FILE: explains one photograph with a saved pipeline, and prints the sum of its map twice: from a view, from an engine.
// LoadsModel --safely MODEL.zip: tries to load our transformer alone; prints why it is refused, and the peak of the process's memory in bytes.
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext();
if (args[0] == "--safely")
{
    try
    {
        using var file = File.OpenRead(args[1]);
        Iba.MLNet.IbaTransformer.Load(ml, file).Dispose();
        Console.WriteLine("loaded");
    }
    catch (FormatException refusal)
    {
        Console.WriteLine(refusal.Message);
    }

    using var process = Process.GetCurrentProcess();
    Console.WriteLine(process.PeakWorkingSet64);
    return;
}

var model = ml.Model.Load(args[0], out _);
var photo = new Photo { File = args[1] };
float[] map = model.Transform(ml.Data.LoadFromEnumerable([photo])).GetColumn<float[]>("Heatmap").Single();
using var engine = ml.Model.CreatePredictionEngine<Photo, Explained>(model);
var explained = engine.Predict(photo);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{map.Sum():R} {explained.Heatmap.Sum():R} {explained.Heatmap.Length}"));

/// <summary>A photograph's file name.</summary>
internal sealed class Photo
{
    public string File { get; set; } = "";
}

/// <summary>What the pipeline adds.</summary>
internal sealed class Explained
{
    public float[] Heatmap { get; set; } = [];
}
