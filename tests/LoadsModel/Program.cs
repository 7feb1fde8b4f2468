// LoadsModel MODEL.zip FILE: explains one photograph with a saved pipeline, and prints its bits twice: from a view, from an engine.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext();
var model = ml.Model.Load(args[0], out _);
var photo = new Photo { File = args[1] };
float bits = model.Transform(ml.Data.LoadFromEnumerable([photo])).GetColumn<float>("Bits").Single();
using var engine = ml.Model.CreatePredictionEngine<Photo, Explained>(model);
var explained = engine.Predict(photo);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bits:R} {explained.Bits:R} {explained.Heatmap.Length}"));

/// <summary>A photograph's file name.</summary>
internal sealed class Photo
{
    public string File { get; set; } = "";
}

/// <summary>What the pipeline adds.</summary>
internal sealed class Explained
{
    public float Bits { get; set; }

    public float[] Heatmap { get; set; } = [];
}
