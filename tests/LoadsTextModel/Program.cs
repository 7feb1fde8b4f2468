// LoadsTextModel MODEL.zip TEXT: explains one text with a saved model, and prints the bits of its tokens and the class, from a view and from an engine.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext();
var model = ml.Model.Load(args[0], out _);
var row = new Row { Text = args[1] };
float[] bits = model.Transform(ml.Data.LoadFromEnumerable([row])).GetColumn<float[]>("Bits").Single();
using var engine = ml.Model.CreatePredictionEngine<Row, Explained>(model);
var explained = engine.Predict(row);
Console.WriteLine(string.Join(' ', bits.Select(bit => bit.ToString("R", CultureInfo.InvariantCulture))));
Console.WriteLine(string.Join(' ', explained.Bits.Select(bit => bit.ToString("R", CultureInfo.InvariantCulture))));
Console.WriteLine(explained.PredictedLabel);

/// <summary>A text; a fitted pipeline asks for a label, too.</summary>
internal sealed class Row
{
    public string Label { get; set; } = "";

    public string Text { get; set; } = "";
}

/// <summary>What the model adds.</summary>
internal sealed class Explained
{
    public string PredictedLabel { get; set; } = "";

    public float[] Bits { get; set; } = [];
}
