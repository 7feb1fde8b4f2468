// Trains a small detector on generated scenes, explains the class of its best box in an ML.NET pipeline, and draws the boxes over the maps. The truth is
// known: which share of the bits lies inside the detected object? The maps share one absolute scale: some classes need far fewer bits than others.
using ExplainDetection;
using Iba.MLNet;
using Iba.Reports;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using SkiaSharp;
using static TorchSharp.torch;

const int shown = 9, scale = 3;
random.manual_seed(1);
set_num_threads(1); // Threads would only wait for each other in a network this small.
var training = Scene.Draw(1500, seed: 1);
var unseen = Scene.Draw(50, seed: 2);
using var detector = new Detector();
detector.Train(training, epochs: 10);
using var network = new ModuleNetwork(detector, [1, Scene.Size, Scene.Size]);

var ml = new MLContext(seed: 1);
ml.Log += (_, message) => { if (message.Kind >= ChannelMessageKind.Warning) Console.Error.WriteLine(message.RawMessage); }; // Fitted on few rows, for example.
using var explainer = ml.Transforms.Iba(new IbaEstimator.Options
{
    OutputColumnName = nameof(Explained.Bits),
    InputColumnName = nameof(Scene.Pixels),
    Network = network,
    Layer = "_backbone.relu2",
    Target = ExplanationTarget.Box(BoxLayout.Yolo8), // the best box; a column could name another one
    TargetColumnName = nameof(Explained.Class),
    TargetBoxColumnName = nameof(Explained.Box),
    ScoresColumnName = nameof(Explained.Probabilities),
    ClassNames = Enum.GetNames<Kind>(),
    Seed = 1,
}).Fit(ml.Data.LoadFromEnumerable(training.Take(300)));

var rows = ml.Data.CreateEnumerable<Explained>(explainer.Transform(ml.Data.LoadFromEnumerable(unseen)), reuseRowObject: false).ToArray();
var found = rows.Zip(unseen, (row, scene) => (Row: row, Object: Detected(row, scene), Scene: scene)).ToArray();
var right = found.Where(pair => pair.Object != null).Select(pair => (pair.Row, Object: pair.Object!)).ToArray();
Console.WriteLine($"Right: {right.Length} of {rows.Length} best boxes lie on an object of their class.");
Console.WriteLine($"Inside the object's square: {right.Average(pair => Inside(pair.Object, i => pair.Row.Bits[i])):P0} of the bits on average. By chance it would be " +
    $"{right.Average(pair => Inside(pair.Object, _ => 1)):P0} (the same bits everywhere) or {right.Average(pair => Inside(pair.Object, Centred)):P0} (a blob in the middle).");

var sheet = new ContactSheet { TileSize = Scene.Size * scale };
foreach (var (row, _, _) in found.Take(shown))
{
    // Bits per pixel of the enlarged picture: a pixel's bits are shared by its copies.
    float[] large = [.. Enumerable.Range(0, Scene.Size * scale * Scene.Size * scale)
        .Select(i => row.Bits[(i / (Scene.Size * scale) / scale * Scene.Size) + (i % (Scene.Size * scale) / scale)] / (scale * scale))];
    sheet.Add(WithBox(Scene.ToImage(row.Pixels, scale), row.Box), large, $"{(Kind)row.Class}", $"{row.Probabilities[row.Class]:P0}, {row.Bits.Sum():0} bits");
}

string file = Path.Combine(Directory.CreateDirectory(Path.Combine("artifacts", "ExplainDetection")).FullName, "detections.png");
sheet.Render().SavePng(file);
Console.WriteLine($"Boxes over the maps: {file}");

// The object of the box's class whose centre lies in the box.
static Placed? Detected(Explained row, Scene scene) => scene.Objects.FirstOrDefault(placed
    => (int)placed.Kind == row.Class && placed.X >= row.Box[0] && placed.X <= row.Box[2] && placed.Y >= row.Box[1] && placed.Y <= row.Box[3]);

static double Inside(Placed placed, Func<int, double> value)
{
    double inside = 0, all = 0;
    for (int i = 0; i < Scene.Size * Scene.Size; i++)
    {
        all += value(i);
        if (Math.Abs((i % Scene.Size) - placed.X) <= placed.Radius && Math.Abs((i / Scene.Size) - placed.Y) <= placed.Radius) inside += value(i);
    }

    return inside / all;
}

static double Centred(int i) => Math.Exp(-(Math.Pow((i % Scene.Size) - (Scene.Size / 2), 2) + Math.Pow((i / Scene.Size) - (Scene.Size / 2), 2)) / (2 * Math.Pow(Scene.Size / 4.0, 2)));

static RgbImage WithBox(RgbImage picture, float[] box)
{
    using var surface = SKSurface.Create(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
    using var image = SKImage.FromPixelCopy(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), picture.ToRgba());
    using var frame = new SKPaint { Color = SKColors.Lime, Style = SKPaintStyle.Stroke, StrokeWidth = 2 };
    surface.Canvas.DrawImage(image, 0, 0);
    surface.Canvas.DrawRect(new SKRect(box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale), frame);
    using var snapshot = surface.Snapshot();
    using var encoded = snapshot.Encode(SKEncodedImageFormat.Png, 100);
    using var stream = encoded.AsStream();
    return RgbImage.Decode(stream);
}
