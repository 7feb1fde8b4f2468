// LoadsModel MODEL.zip FILE: explains one photograph with a saved pipeline, and prints the sum of its map twice: from a view, from an engine.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext();
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
