using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ExplainDetection;

/// <summary>
/// A small detector over a grid of 8 x 8 cells. Its outputs have YOLOv8's shape, <c>[N, 4 + 3, 64]</c>: for each cell the centre, width and height of a box in pixels, and
/// the probability of each class.
/// </summary>
public sealed class Detector : Module<Tensor, Tensor>
{
    public const int Cells = 8;
    public const int CellSize = Scene.Size / Cells;

    private readonly Module<Tensor, Tensor> _backbone;
    private readonly Module<Tensor, Tensor> _head;
    private readonly Tensor _corners;

    public Detector()
        : base(nameof(Detector))
    {
        _backbone = Sequential(
            ("conv1", Conv2d(1, 16, 5, padding: 2)), ("relu1", ReLU()), ("pool1", MaxPool2d(2)),
            ("conv2", Conv2d(16, 32, 3, padding: 1)), ("relu2", ReLU()), ("pool2", MaxPool2d(2)),
            ("conv3", Conv2d(32, 64, 3, padding: 1)), ("relu3", ReLU()), ("pool3", MaxPool2d(2)),
            ("conv4", Conv2d(64, 64, 3, padding: 1)), ("relu4", ReLU()));
        _head = Conv2d(64, 4 + Enum.GetValues<Kind>().Length, 1);
        var cells = arange(Cells, ScalarType.Float32) * CellSize;
        _corners = stack([cells.repeat(Cells), cells.repeat_interleave(Cells)], 0).unsqueeze(0);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        var cells = _head.call(_backbone.call(input)).flatten(2);
        var centre = _corners + (cells.narrow(1, 0, 2).sigmoid() * CellSize);
        var size = cells.narrow(1, 2, 2).sigmoid() * (Scene.Size / 2.0);
        return cat([centre, size, cells.slice(1, 4, long.MaxValue, 1).sigmoid()], 1);
    }

    /// <summary>Trains on scenes: each object belongs to the cell that holds its centre.</summary>
    public void Train(Scene[] scenes, int epochs)
    {
        using var optimizer = optim.Adam(parameters(), lr: 2e-3);
        foreach (var batch in Enumerable.Range(0, epochs).SelectMany(_ => scenes.Chunk(32)))
        {
            using var scope = NewDisposeScope();
            var (places, classes) = Truth(batch);
            var found = call(stack(batch.Select(scene => tensor(scene.Pixels, [1, Scene.Size, Scene.Size]))));
            var here = classes.sum([1L], keepdim: true);
            var ofPlaces = (((found.narrow(1, 0, 4) - places) / CellSize).square() * here).sum() / here.sum().clamp_min(1);
            // Objects are rare among the cells.
            var ofClasses = functional.binary_cross_entropy(found.slice(1, 4, long.MaxValue, 1), classes, weight: 1 + (4 * classes), reduction: Reduction.Sum) / batch.Length;
            optimizer.zero_grad();
            (ofPlaces + ofClasses).backward();
            optimizer.step();
        }
    }

    private static (Tensor Places, Tensor Classes) Truth(Scene[] scenes)
    {
        var places = zeros(scenes.Length, 4, Cells * Cells);
        var classes = zeros(scenes.Length, Enum.GetValues<Kind>().Length, Cells * Cells);
        for (int row = 0; row < scenes.Length; row++)
        {
            foreach (var (kind, x, y, radius) in scenes[row].Objects)
            {
                int cell = (y / CellSize * Cells) + (x / CellSize);
                float[] place = [x, y, (2 * radius) + 1, (2 * radius) + 1];
                for (int i = 0; i < 4; i++) places[row, i, cell] = place[i];
                classes[row, (int)kind, cell] = 1;
            }
        }

        return (places, classes);
    }
}
