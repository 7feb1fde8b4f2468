using System.Drawing;
using System.Text.Json;
using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>The metrics, held to Captum, RISE's and the paper's code, scikit-image and scipy on a small network (see Assets/SOURCES.md).</summary>
public sealed class MetricGoldenTests : IDisposable
{
    private const int Rows = 4;

    private static readonly EvaluationCase Case = EvaluationCase.Read("tiny");

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly OnnxNetwork _network = OnnxNetwork.Load(ReferenceFile.PathOf("tiny/network.onnx"));
    private readonly Tensor _inputs = ReferenceFile.Read("tiny/inputs.f32", Rows, 3, 32, 32);
    private readonly EvaluationRows _rows;

    public MetricGoldenTests() => _rows = new EvaluationRows(_network, [_inputs]);

    public void Dispose()
    {
        _rows.Dispose();
        _network.Dispose();
        _scope.Dispose();
    }

    public static TheoryData<string> Maps => ["gradient_x_input", "occlusion", "random", "constant", "ties"];

    [Theory]
    [MemberData(nameof(Maps))]
    public void Degradation(string map)
    {
        foreach (var ofTile in Case.Degradation.Where(found => found.Map == map).GroupBy(found => (found.Tile[0], found.Tile[1])))
        {
            var curves = new DegradationTest(ofTile.Key.Item1, ofTile.Key.Item2).Measure(_rows, Map(map));
            Assert.Equal(Rows, ofTile.Count());
            foreach (var expected in ofTile)
            {
                var found = curves[expected.Row];
                EvaluationCase.AssertClose(expected.Morf, found.MostRelevantFirst, 2e-5);
                EvaluationCase.AssertClose(expected.Lerf, found.LeastRelevantFirst, 2e-5);
                EvaluationCase.AssertClose(expected.Integral, found.Integral, 5e-5);
                EvaluationCase.AssertClose(expected.IntegralUnnormalised, found.IntegralUnnormalized, 5e-5);
                Assert.Equal(Enumerable.Range(0, expected.Morf.Length), found.Counts);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Maps))]
    public void Insertion_and_deletion(string map)
    {
        var metric = new InsertionDeletion { DeleteTo = PixelFill.Zero };
        var curves = metric.Measure(_rows, Map(map));
        var cases = Case.InsertionDeletion.Where(found => found.Map == map).ToArray();
        Assert.Equal(Rows, cases.Length);
        foreach (var expected in cases)
        {
            var found = curves[expected.Row];
            EvaluationCase.AssertClose(expected.Insertion, found.Insertion, 5e-6);
            EvaluationCase.AssertClose(expected.Deletion, found.Deletion, 5e-6);
            EvaluationCase.AssertClose(expected.InsertionAuc, found.InsertionArea, 5e-6);
            EvaluationCase.AssertClose(expected.DeletionAuc, found.DeletionArea, 5e-6);
        }
    }

    [Fact]
    public void The_blur_is_RISEs()
    {
        double[] weights = RiseBlur.Weights();
        var kernel = outer(tensor(weights), tensor(weights));
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read("tiny/rise_kernel.f32", 11, 11), kernel), 0, 1e-8);
        var blurred = RiseBlur.Apply(_inputs.flatten(0, 1)).view(_inputs.shape);
        Assert.InRange(ReferenceFile.Difference(ReferenceFile.Read("tiny/blurred.f32", Rows, 3, 32, 32), blurred), 0, 2e-6);
    }

    [Theory]
    [MemberData(nameof(Maps))]
    public void Sensitivity_n(string map)
    {
        foreach (var ofTile in Case.SensitivityN.GroupBy(found => found.Tile))
        {
            var cases = ofTile.ToArray();
            var metric = new SensitivityN(ofTile.Key) { IndexSets = [.. cases.Select(found => found.Sets)] };
            var found = metric.Measure(_rows, Map(map));
            var pooled = SensitivityNCorrelations.Pooled(found);
            for (int size = 0; size < cases.Length; size++)
            {
                Assert.Equal(cases[size].N, found[0].Sizes[size]);
                EvaluationCase.AssertClose(cases[size].Maps[map].CorrelationPooled, pooled[size], 5e-4);
                for (int row = 0; row < Rows; row++)
                {
                    EvaluationCase.AssertClose(cases[size].Drops[row], found[row].Losses[size], 5e-5);
                    EvaluationCase.AssertClose(cases[size].Maps[map].CorrelationPerImage[row], found[row].Correlations[size], 5e-4);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Maps))]
    public void Localisation_by_boxes(string map)
    {
        foreach (var ofBoxes in Case.Localisation.Where(found => found.Map == map).GroupBy(found => found.Boxes))
        {
            Rectangle[] boxes = [.. Case.Boxes[ofBoxes.Key].Deserialize<int[][]>()!.Select(box => new Rectangle(box[0], box[1], box[2], box[3]))];
            var mask = Localization.BoxMask(32, 32, boxes);
            var scores = new Localization(margin: 3).Measure(Map(map), mask.expand(Rows, 32, 32));
            Assert.Equal(Rows, ofBoxes.Count());
            foreach (var expected in ofBoxes)
            {
                Assert.Equal(expected.N, mask.sum().item<long>());
                AssertLocalisation(expected, scores[expected.Row].Map);
                Assert.Equal(expected.N / 1024.0, scores[expected.Row].AreaShare, 1e-12);
            }
        }
    }

    [Fact]
    public void Comparison_of_maps()
    {
        Assert.Equal(40, Case.Comparison.Length);
        foreach (var pair in Case.Comparison.GroupBy(found => (found.A, found.B)))
        {
            var found = MapComparison.Measure(Map(pair.Key.A), Map(pair.Key.B));
            foreach (var expected in pair) AssertSimilarity(expected, found[expected.Row]);
        }
    }

    [Theory]
    [InlineData("gradient")]
    [InlineData("gradient_x_input")]
    public void Infidelity_by_noise_and_by_squares(string explanation)
    {
        // The noise of the first two rows is at hand.
        using var rows = new EvaluationRows(_network, [_inputs.narrow(0, 0, 2)]);
        var map = ReferenceFile.Read($"tiny/{explanation}.f32", Rows, 3, 32, 32);
        var byNoise = Infidelity.Measure(rows, map.narrow(0, 0, 2), ReferenceFile.Read("tiny/infidelity_noise.f32", 2, 10, 3, 32, 32));
        var squares = zeros([Rows, 10, 3, 32, 32]);
        for (int row = 0; row < Rows; row++)
        {
            for (int k = 0; k < 10; k++)
            {
                int[] corner = Case.Squares![row][k];
                Within(squares[row, k], corner).copy_(Within(_inputs[row], corner));
            }
        }

        var bySquares = Infidelity.Measure(_rows, map, squares);
        var cases = Case.Infidelity!.Where(found => found.Explanation == explanation && (found.Perturbation == "square" || found.Image < 2)).ToArray();
        Assert.Equal(6, cases.Length);
        foreach (var expected in cases)
        {
            var found = (expected.Perturbation == "square" ? bySquares : byNoise)[expected.Image];
            Assert.InRange(found.Value / expected.Infidelity, 1 - 1e-3, 1 + 1e-3);
            Assert.InRange(found.Normalized / expected.Normalised, 1 - 1e-3, 1 + 1e-3);
        }

        static Tensor Within(Tensor picture, int[] corner) => picture.narrow(1, corner[0], 8).narrow(2, corner[1], 8);
    }

    [Theory]
    [InlineData("gradient")]
    [InlineData("gradient_x_input")]
    public void Max_sensitivity(string explanation)
    {
        using var split = _network.SplitAtInput();
        var inputs = _inputs.narrow(0, 0, 2);
        var found = MaxSensitivity.Measure(inputs, ReferenceFile.Read("tiny/sensitivity_noise.f32", 2, 10, 3, 32, 32), Explain);
        foreach (var expected in Case.MaxSensitivity!.Where(found => found.Explanation == explanation && found.Image < 2))
        {
            EvaluationCase.AssertClose(expected.Value, found[expected.Image].Value, 1e-4);
            Assert.InRange(found[expected.Image].Unnormalized / expected.Unnormalised, 1 - 1e-3, 1 + 1e-3);
        }

        Tensor Explain(Tensor moved)
        {
            using var activation = split.Head([moved]);
            var leaf = activation.Features.clone().requires_grad_();
            var logits = split.Tail(leaf, activation);
            (logits[0, 2] + logits[1, 5]).backward();
            return explanation == "gradient" ? leaf.grad!.clone() : leaf.grad! * moved;
        }
    }

    internal static void AssertLocalisation(LocalisationCase expected, MapLocalization found)
    {
        EvaluationCase.AssertClose(expected.TopNInBox, found.TopShare, 1e-9);
        EvaluationCase.AssertClose(expected.TopNInBoxTiesShared, found.ExpectedTopShare, 1e-9);
        EvaluationCase.AssertClose(expected.PositiveMassInBox, found.MassShare, 1e-6);
        Assert.Equal((expected.Pointing, expected.PointingWithMargin), (found.Pointing == 1, found.PointingWithMargin == 1));
    }

    internal static void AssertSimilarity(ComparisonCase expected, MapSimilarity found)
    {
        EvaluationCase.AssertClose(expected.Signed.SsimUniform7, found.Ssim, 1e-6);
        EvaluationCase.AssertClose(expected.Signed.SsimGaussian, found.SsimGaussian, 1e-6);
        EvaluationCase.AssertClose(expected.Signed.Spearman, found.Spearman, 1e-9);
        EvaluationCase.AssertClose(expected.Absolute.SsimUniform7, found.AbsoluteSsim, 1e-6);
        EvaluationCase.AssertClose(expected.Absolute.SsimGaussian, found.AbsoluteSsimGaussian, 1e-6);
        EvaluationCase.AssertClose(expected.Absolute.Spearman, found.AbsoluteSpearman, 1e-9);
    }

    private static Tensor Map(string name) => name == "constant" ? full([Rows, 32, 32], 0.5f) : ReferenceFile.Read($"tiny/map_{name}.f32", Rows, 32, 32);
}
