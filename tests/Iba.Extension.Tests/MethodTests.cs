using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace Iba.Extension.Tests;

/// <summary>A method that is written outside the library, by its public members alone.</summary>
public class MethodTests
{
    private readonly MLContext _ml = new(seed: 1);

    public MethodTests() => NetworkFormats.Register("dense", Load);

    public sealed class Row
    {
        [VectorType(6)]
        public float[] Values { get; set; } = [];
    }

    public sealed class Explained
    {
        public float[] Map { get; set; } = [];
    }

    // The network's file is its weights; the seed makes the same ones.
    private static DenseNetwork Load(Stream stream)
    {
        stream.CopyTo(Stream.Null);
        return new DenseNetwork(seed: 1);
    }

    private static Row[] Rows { get; } = Enumerable.Range(0, 8).Select(row => new Row { Values = Enumerable.Range(0, 6).Select(i => MathF.Sin(row + (2 * i))).ToArray() }).ToArray();

    [Fact]
    public void It_explains_tensors()
    {
        using var scope = NewDisposeScope();
        using var network = new DenseNetwork(seed: 1);
        using var split = network.SplitAtInput();
        using var method = new Contribution();
        var rows = stack(Rows.Select(row => tensor(row.Values)));
        using var result = method.Explain(split, [rows], new() { ChannelDimension = 0, Target = ExplanationTarget.Class(2) });
        result.ThrowIfFailed();
        // The network is linear where the ReLU is, and has no biases: what the values add is the logit.
        Assert.True(network.Forward([rows]).select(1, 2).allclose(result.Map.sum(1), rtol: 1e-4, atol: 1e-5));
        Assert.Equal((MapUnit.Score, true), (result.Unit, result.IsSigned));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_works_in_a_pipeline_that_is_saved_and_loaded(bool absolute)
    {
        Contribution.Register();
        using var network = new DenseNetwork(seed: 1);
        using var method = new Contribution(absolute);
        var data = _ml.Data.LoadFromEnumerable(Rows);
        using var transformer = _ml.Transforms.Attribution("Map", "Values", network, method).Fit(data);
        float[][] expected = transformer.Transform(data).GetColumn<float[]>("Map").ToArray();
        Assert.Equal(!absolute, expected.Any(map => map.Any(value => value < 0)));

        using var file = new MemoryStream();
        _ml.Model.Save(transformer, data.Schema, file);
        file.Position = 0;
        var model = new MLContext().Model.Load(file, out _);
        using var loaded = (AttributionTransformer)model;
        Assert.Equal((Contribution.MethodName, MapUnit.Score), (loaded.Method, loaded.Unit));
        Assert.Equal(expected, model.Transform(data).GetColumn<float[]>("Map"));
        using var engine = _ml.Model.CreatePredictionEngine<Row, Explained>(model, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(expected[3], engine.Predict(Rows[3]).Map);
    }

    [Fact]
    public void A_file_with_a_method_that_nobody_registered_says_what_to_do()
    {
        using var network = new DenseNetwork(seed: 1);
        using var method = new Unregistered();
        var data = _ml.Data.LoadFromEnumerable(Rows);
        using var transformer = _ml.Transforms.Attribution("Map", "Values", network, method).Fit(data);
        using var file = new MemoryStream();
        _ml.Model.Save(transformer, data.Schema, file);
        file.Position = 0;
        string message = Assert.ThrowsAny<Exception>(() => _ml.Model.Load(file, out _)).ToString();
        Assert.Contains("No attribution method is named 'unregistered'", message, StringComparison.Ordinal);
        Assert.Contains("AttributionMethods.Register", message, StringComparison.Ordinal);
    }

    private sealed class Unregistered : AttributionMethod
    {
        public override string Name => "unregistered";

        public override MapUnit Unit => MapUnit.Relative;

        public override bool CutsAtInput => true;

        protected override Attribution Explain(AttributionPass pass) => new(pass, pass.Features.abs());
    }
}
