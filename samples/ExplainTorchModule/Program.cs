// Trains a small TorchSharp network to tell discs, squares and crosses on textured noise, explains it in an ML.NET pipeline, and compares
// the heat maps with the truth, which is known here: which share of the bits lies inside the shape?
using ExplainTorchModule;
using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

random.manual_seed(1);
set_num_threads(1); // Threads would only wait for each other in a network this small.
// A network that only knew the three shapes would need no bits for one of them: it could guess that one from nothing.
var training = Shape.Draw(2000, seed: 1, Kind.Nothing, Kind.Disc, Kind.Square, Kind.Cross);
var unseen = Shape.Draw(60, seed: 2, Kind.Disc, Kind.Square, Kind.Cross);
using var module = new ShapeNetwork().Create();
Train(module, training);
using var network = new ModuleNetwork(module, [1, Shape.Size, Shape.Size], factory: typeof(ShapeNetwork));
foreach (var layer in network.Layers) Console.WriteLine($"layer {layer.Name,-8} [{string.Join(", ", layer.Shape)}]");

var ml = new MLContext(seed: 1);
ml.Log += (_, message) => { if (message.Kind >= ChannelMessageKind.Warning) Console.Error.WriteLine(message.RawMessage); }; // Fitted on few rows, for example.
var data = ml.Data.LoadFromEnumerable(training.Take(300));
var pipeline = ml.Transforms.Iba(new IbaEstimator.Options
{
    OutputColumnName = nameof(Explained.Heatmap),
    InputColumnName = nameof(Shape.Pixels),
    Network = network,
    Layer = "relu2",
    TargetColumnName = nameof(Explained.Predicted),
    Seed = 1,
});
string zip = Path.Combine(AppContext.BaseDirectory, "shapes.zip");
ml.Model.Save(pipeline.Fit(data), data.Schema, zip); // Holds the weights, and the name of the class that builds the module.
var explainer = ml.Model.Load(zip, out _);

var rows = ml.Data.CreateEnumerable<Explained>(explainer.Transform(ml.Data.LoadFromEnumerable(unseen)), reuseRowObject: false).ToArray();
foreach (var row in rows.Take(9))
{
    string kinds = $"{(Kind)row.Label,-6} seen as {(Kind)row.Predicted,-6}";
    Console.WriteLine($"{kinds} {row.Heatmap.Sum(),6:0} bits, {row.ShareInside(row.Heatmap),4:P0} of them inside the shape");
}

Console.WriteLine($"Right: {rows.Average(row => row.Label == row.Predicted ? 1.0 : 0.0):P0} of {rows.Length} unseen images.");
Console.WriteLine($"Inside the shape: {rows.Average(row => row.ShareInside(row.Heatmap)):P0} of the bits on average. By chance it would be " +
    $"{rows.Average(row => row.ShareInside(Shape.Flat)):P0} (the same bits everywhere) or {rows.Average(row => row.ShareInside(Shape.Centred)):P0} (a blob in the middle).");

static void Train(nn.Module<Tensor, Tensor> module, Shape[] shapes)
{
    using var optimizer = optim.Adam(module.parameters(), lr: 3e-3);
    foreach (var batch in Enumerable.Range(0, 4).SelectMany(_ => shapes.Chunk(50)))
    {
        using var scope = NewDisposeScope();
        var pixels = stack(batch.Select(shape => tensor(shape.Pixels, [1, Shape.Size, Shape.Size])));
        var labels = tensor(batch.Select(shape => (long)shape.Label).ToArray());
        optimizer.zero_grad();
        nn.functional.cross_entropy(module.call(pixels), labels).backward();
        optimizer.step();
    }
}
