using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>Detectors, a segmenter and a regressor with a known answer, on 50 scenes that they were not measured on: do the bits lie where the answer is?</summary>
[Trait("Speed", "Slow")]
public sealed class PlantedObjectTests
{
    private const double LeastShare = 0.8;

    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _fit;
    private readonly IDataView _unseen;

    public PlantedObjectTests()
    {
        _fit = _ml.Data.LoadFromEnumerable(Scene.Make(60, seed: 1));
        _unseen = _ml.Data.LoadFromEnumerable(Scene.Make(50, seed: 2));
    }

    [Fact]
    public void The_bits_of_a_box_lie_in_its_object()
        => AssertInside(SceneNetworks.Yolo8(), ExplanationTarget.Each(ExplanationTarget.Box(BoxLayout.Yolo8, "RedBox"), ExplanationTarget.Box(BoxLayout.Yolo8, "BlueBox")),
            scene => [scene.RedBox, scene.BlueBox]);

    [Fact]
    public void The_bits_of_a_region_lie_in_its_object()
        => AssertInside(SceneNetworks.Segmenter(), ExplanationTarget.Each(ExplanationTarget.Region(1), ExplanationTarget.RegionAt("BluePoint")), scene => [scene.RedBox, scene.BlueBox]);

    [Fact]
    public void The_bits_of_a_value_lie_where_it_is_read_off()
        => AssertInside(SceneNetworks.Regressor(), ExplanationTarget.Value(0), _ => [[0, 0, Scene.Side / 2, Scene.Side / 2]]);

    /// <summary>Per question: the share of the bits within the box, beside that of the area and of a Gaussian in the middle.</summary>
    private void AssertInside(OnnxNetwork network, ExplanationTarget target, Func<ExplainedScene, float[][]> places)
    {
        using var owned = network;
        using var explainer = _ml.Transforms.Iba(TargetColumnsTests.Options(network, options =>
        {
            (options.Target, options.Steps, options.NoiseCopies) = (target, 10, 5);
            (options.TargetColumnName, options.ScoresColumnName) = (null, null);
        })).Fit(_fit);
        var rows = _ml.Data.CreateEnumerable<ExplainedScene>(explainer.Transform(_unseen), reuseRowObject: false, ignoreMissingColumns: true).ToArray();
        Assert.Equal(50, rows.Length);
        int questions = places(rows[0]).Length;
        for (int question = 0; question < questions; question++)
        {
            const int size = Scene.Side * Scene.Side;
            double share = rows.Average(row => Scene.Inside(row.Heatmap.AsSpan(question * size, size), places(row)[question]));
            double area = rows.Average(row => Scene.Inside(Enumerable.Repeat(1f, size).ToArray(), places(row)[question]));
            double centred = rows.Average(row => Scene.Inside(Scene.Centred, places(row)[question]));
            Assert.True(share >= LeastShare && share > 2 * Math.Max(area, centred), $"{share:P1} of the bits, {area:P1} of the area, {centred:P1} of a Gaussian in the middle; question {question}.");
            Assert.All(rows, row => Assert.True(row.Heatmap.Sum() > 1));
        }
    }
}
