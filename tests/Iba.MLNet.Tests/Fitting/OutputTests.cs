using Iba.Onnx;
using Iba.Onnx.Schema;
using Iba.Onnx.Tests;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>Which output is explained, what its classes are called, and what is refused for being no class scores.</summary>
public sealed class OutputTests : IDisposable
{
    private static readonly string[] Names = ["ant", "bee", "cat", "dog", "eel"];

    private readonly MLContext _ml = new(seed: 1);
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly List<string> _infos, _warnings;
    private readonly Row[] _rows = Pictures(6).unbind().Select((picture, i) => new Row { Pixels = picture.data<float>().ToArray(), Number = i % 5 }).ToArray();

    public OutputTests() => (_infos, _warnings) = (_ml.Listen("Info"), _ml.Listen("Warning"));

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_log_names_the_output_and_counts_its_classes()
    {
        Explain(Make().Giving(Floats("logits", "N", Classes)));
        Assert.Contains(_infos, info => info.Contains("the network's output 'logits' has 5 classes, taken as logits (by their values)", StringComparison.Ordinal));
        Assert.DoesNotContain(_warnings, warning => warning.Contains("several outputs", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_outputs_that_may_be_meant_are_a_warning_that_names_both_until_one_is_chosen()
    {
        var model = Make(Node("MatMul", ["f", "t"], "logits_task_b")).With(Weights("t", [6, 3], 9)).Giving(Floats("logits_task_b", "N", 3), Floats("logits", "N", Classes));
        Assert.Equal(5, Explain(model)[0].Scores.Length);
        Assert.Contains(_warnings, warning => warning.Contains("'logits' is taken, not 'logits_task_b'", StringComparison.Ordinal)
            && warning.Contains("OnnxNetworkOptions { OutputName = \"logits_task_b\" }", StringComparison.Ordinal));
        _warnings.Clear();
        Assert.Equal(3, Explain(model, new OnnxNetworkOptions { OutputName = "logits_task_b" })[0].Scores.Length);
        Assert.DoesNotContain(_warnings, warning => warning.Contains("several outputs", StringComparison.Ordinal));
    }

    [Fact]
    public void Scores_of_labels_that_do_not_exclude_each_other_are_OnnxRuntime_s()
    {
        var model = Make(Node("Sigmoid", ["logits"], "labels")).Giving(Floats("labels", "N", Classes));
        float[] expected = model.Expected(Pictures(6)).data<float>().ToArray();
        float[] scores = Explain(model).SelectMany(row => row.Scores).ToArray();
        Assert.All(expected.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.All(expected.Chunk(5), row => Assert.True(Math.Abs(row.Sum() - 1) > 1e-2));
        Assert.Contains(_infos, info => info.Contains("has 5 classes, taken as multilabel", StringComparison.Ordinal));
    }

    [Fact]
    public void Class_names_of_the_file_become_slot_names_and_mean_the_labels()
    {
        var model = Named(Make().Giving(Floats("logits", "N", Classes)), Names);
        using var network = model.Load();
        var data = Data();
        var options = Options(network);
        options.LabelColumnName = "Name";
        options.PredictedLabelColumnName = "Predicted";
        var estimator = _ml.Transforms.Iba(options);
        using var transformer = estimator.Fit(data);
        var view = transformer.Transform(data);
        Assert.Equal(_rows.Select(row => row.Number), _ml.Read(view).Select(row => row.Target));
        Assert.Equal(Names, SlotNames(view));
        Assert.Contains(_infos, info => info.Contains("The names of the 5 classes are those in the network's file: ant, bee, cat, dog, eel.", StringComparison.Ordinal));
        AssertPromised(estimator, data, view.Schema);
        options.ClassNames = ["1", "2", "3", "4", "5"];
        options.LabelColumnName = null;
        using var renamed = _ml.Transforms.Iba(options).Fit(data);
        Assert.Equal(options.ClassNames, SlotNames(renamed.Transform(data)));
    }

    [Fact]
    public void Class_names_of_the_file_that_are_too_few_are_left_out_with_a_warning()
    {
        // The file does not say how many classes there are.
        using var network = Named(Make().Giving(Unshaped("logits")), ["ant", "bee"]).Load();
        Assert.Equal(2, network.ClassNames!.Count);
        var data = Data();
        var options = Options(network);
        var estimator = _ml.Transforms.Iba(options);
        using var transformer = estimator.Fit(data);
        Assert.Contains(_warnings, warning => warning.Contains("has 2 class names, but the network has 5 classes", StringComparison.Ordinal));
        Assert.Equal(["0", "1", "2", "3", "4"], SlotNames(transformer.Transform(data)));
        AssertPromised(estimator, data, transformer.Transform(data).Schema);
        options.LabelColumnName = "Name";
        Assert.Contains("set ClassNames", Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.Iba(options).Fit(data)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new long[] { 5, 1, 1 })]
    [InlineData(new long[] { 1, 5, 1 })]
    [InlineData(new long[] { 1, 1, 5 })]
    public void Dimensions_of_one_around_the_classes_do_not_matter(long[] shape)
    {
        var expected = Explain(Module([5]));
        foreach (var (one, other) in expected.Zip(Explain(Module(shape)))) Assert.Equal(one.Heatmap, other.Heatmap);
        Assert.Equal(5, expected[0].Scores.Length);
    }

    [Theory]
    [InlineData(new long[] { 5, 8, 8 })]
    [InlineData(new long[] { 3, 5 })]
    public void Several_values_for_each_class_are_refused_with_their_shape(long[] shape)
        => Assert.Contains(
            $"The network's output is Float32 [6, {string.Join(", ", shape)}] for 6 rows; class scores [N, classes] of floating point numbers are needed",
            Assert.Throws<InvalidOperationException>(() => Explain(Module(shape))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(new long[] { 1 })]
    [InlineData(new long[] { })]
    public void One_linear_value_is_refused_with_the_choice_and_taken_when_it_is_made(long[] shape)
    {
        string message = Assert.Throws<InvalidOperationException>(() => Explain(Module(shape))).Message;
        Assert.Contains("Set the option Output to Logits (two classes", message, StringComparison.Ordinal);
        Assert.All(Explain(Module(shape), options => options.Output = OutputKind.Logits), row => Assert.Equal(row.Scores[1] > row.Scores[0] ? 1 : 0, row.Target));
    }

    private sealed class Row
    {
        [VectorType(3, 8, 8)]
        public float[] Pixels { get; set; } = [];

        public int Number { get; set; }

        public string Name => Names[Number];
    }

    private IDataView Data() => _ml.Data.LoadFromEnumerable(_rows);

    private static IbaEstimator.Options Options(Network network) => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Pixels",
        Network = network,
        Layer = network is OnnxNetwork ? "r" : "features",
        Steps = 2,
        NoiseCopies = 2,
        Seed = 1,
        ScoresColumnName = "Scores",
        TargetColumnName = "Target",
    };

    private ExplainedRow[] Explain(ModelProto model, OnnxNetworkOptions? options = null)
    {
        using var network = model.Load(options);
        return Explain(network);
    }

    private ExplainedRow[] Explain(Network network, Action<IbaEstimator.Options>? change = null)
    {
        var options = Options(network);
        change?.Invoke(options);
        using var transformer = _ml.Transforms.Iba(options).Fit(Data());
        return _ml.Read(transformer.Transform(Data()));
    }

    /// <summary>A TorchSharp network whose rows of outputs have a shape.</summary>
    private static ModuleNetwork Module(long[] shape)
    {
        using var generator = new Generator(3, CPU);
        var weights = randn([3, shape.Aggregate(1L, (product, size) => product * size)], generator: generator).mul_(3);
        return new ModuleNetwork(
            nn.Sequential(("features", new Function(x => x.tanh())), ("classes", new Function(x => x.mean([2, 3]).matmul(weights).view([x.shape[0], .. shape])))), [3, 8, 8]);
    }

    private sealed class Function(Func<Tensor, Tensor> function) : nn.Module<Tensor, Tensor>("function")
    {
        public override Tensor forward(Tensor input) => function(input);
    }

    private static ModelProto Named(ModelProto model, string[] names)
    {
        model.MetadataProps.Add(new StringStringEntryProto { Key = "names", Value = $"[{string.Join(", ", names.Select(name => $"\"{name}\""))}]" });
        return model;
    }

    private static string[] SlotNames(IDataView view)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        view.Schema["Scores"].GetSlotNames(ref names);
        return names.DenseValues().Select(name => name.ToString()).ToArray();
    }

    private static void AssertPromised(IbaEstimator estimator, IDataView data, DataViewSchema delivered)
    {
        foreach (var promised in estimator.GetOutputSchema(SchemaShape.Create(data.Schema)))
        {
            Assert.True(SchemaShape.Create(delivered).TryFindColumn(promised.Name, out var found));
            Assert.True(found.IsCompatibleWith(promised) && promised.IsCompatibleWith(found), promised.Name);
        }
    }
}
