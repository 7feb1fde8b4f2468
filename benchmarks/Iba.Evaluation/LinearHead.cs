using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Evaluation;

/// <summary>A classifier as ML.NET's users make one: its pretrained ResNet18 with a linear trainer behind it, on the photographs of the samples.</summary>
internal static class LinearHead
{
    /// <summary>Trains it, and takes the whole as one differentiable network.</summary>
    public static Network Train(MLContext ml, IReadOnlyList<EvaluatedRow> photographs)
    {
        var groups = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "groups.csv")).Skip(1).Select(line => line.Split(',')).ToDictionary(cells => cells[0], cells => cells[1]);
        var rows = photographs.Where(photograph => groups.ContainsKey(photograph.Name))
            .Select(photograph => new Row { Pixels = photograph.Inputs[0].data<float>().ToArray(), Label = groups[photograph.Name] }).ToArray();
        var data = ml.Data.LoadFromEnumerable(rows);
        var model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.DnnFeaturizeImage("Features", network => network.ModelSelector.ResNet18(ml, network.OutputColumn, network.InputColumn), "Pixels"))
            .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy())
            .Fit(data);
        return ModelClassifiers.Find(ml, model, null).Classifier.Network;
    }

    private sealed class Row
    {
        [VectorType(3 * 224 * 224)]
        public float[] Pixels { get; set; } = [];

        public string Label { get; set; } = "";
    }
}
