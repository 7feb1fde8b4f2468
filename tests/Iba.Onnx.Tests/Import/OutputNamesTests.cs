using Google.Protobuf;
using Iba.Onnx.Schema;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Outputs that are taken as they are, and several that are joined.</summary>
public sealed class OutputNamesTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>y = x w as <c>[N, 2]</c>; map, the same as <c>[N, 2, 1, 3]</c>; and p, a softmax.</summary>
    private static ModelProto Model()
    {
        var model = TestModel.Classifier();
        model.Graph.Initializer.Add(TestModel.Longs("shape", [0, 2, 1, 1]));
        model.Graph.Initializer.Add(TestModel.Floats("three", [1, 1, 1, 3], 1, 2, 3));
        model.Graph.Node.Add(TestModel.Node("Reshape", ["y", "shape"], "field"));
        model.Graph.Node.Add(TestModel.Node("Mul", ["field", "three"], "map"));
        model.Graph.Node.Add(TestModel.Node("Softmax", ["y"], "p", TestModel.Integer("axis", 1)));
        model.Graph.Output.Add(new ValueInfoProto { Name = "map" });
        model.Graph.Output.Add(new ValueInfoProto { Name = "p" });
        return model;
    }

    private static OnnxNetwork Load(ModelProto model, params string[] names) => OnnxNetwork.Load(new MemoryStream(model.ToByteArray()), new OnnxNetworkOptions { OutputNames = names });

    [Fact]
    public void An_output_of_any_shape_is_taken_as_it_is()
    {
        using var network = Load(Model(), "map");
        var x = tensor(new float[] { 1, 0, 0, 1 }).view(2, 2);
        var expected = tensor(new float[] { 1, 2, 3, 2, 4, 6, 3, 6, 9, 4, 8, 12 }).view(2, 2, 1, 3);
        Assert.Equal(expected, network.Forward([x]));
        using var split = network.Split("y");
        using var activation = split.Head([x]);
        Assert.Equal(expected, split.Tail(activation.Features, activation));
        Assert.Equal("map", network.OutputName);
        Assert.Equal(Iba.Torch.OutputKind.Auto, network.Output);
    }

    [Fact]
    public void A_softmax_stays_where_the_output_is_taken_as_it_is()
    {
        using var network = Load(Model(), "p");
        var x = tensor(new float[] { 1, 0 }).view(1, 2);
        Assert.Equal(nn.functional.softmax(tensor(new float[] { 1, 2 }).view(1, 2), 1), network.Forward([x]));
    }

    [Fact]
    public void Several_are_joined_in_their_order_and_stay_so_in_a_file()
    {
        using var network = Load(Model(), "y", "p");
        var x = tensor(new float[] { 0, 1 }).view(1, 2);
        var found = network.Forward([x]);
        Assert.Equal([1, 4], found.shape);
        Assert.Equal([3, 4], found[0, ..2].data<float>().ToArray());
        Assert.Equal(1, found[0, 2..].sum().item<float>(), 1e-6f);
        using var file = new MemoryStream();
        network.Save(file);
        using var again = OnnxNetwork.Load(new MemoryStream(file.ToArray()));
        Assert.Equal(found, again.Forward([x]));
        Assert.Equal(network.OutputName, again.OutputName);
        using var map = Load(Model(), "map");
        file.SetLength(0);
        map.Save(file);
        using var mapAgain = OnnxNetwork.Load(new MemoryStream(file.ToArray()));
        Assert.Equal(map.Forward([x]), mapAgain.Forward([x]));
    }

    [Fact]
    public void Names_that_cannot_be_meant_are_refused()
    {
        Assert.Contains("has no output 'z'. It has: 'y', 'map', 'p'", Assert.Throws<ArgumentException>(() => Load(Model(), "z")).Message, StringComparison.Ordinal);
        Assert.Contains("allowed: at least one, each once", Assert.Throws<ArgumentException>(() => Load(Model(), "y", "y")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Load(Model()));
        var both = new OnnxNetworkOptions { OutputName = "y", OutputNames = ["map"] };
        Assert.Contains("set the one for class scores", Assert.Throws<ArgumentException>(() => OnnxNetwork.Load(new MemoryStream(Model().ToByteArray()), both)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_boxes_says_how_they_are_explained()
    {
        var model = Model();
        model.Graph.Output.RemoveAt(2);
        model.Graph.Output.RemoveAt(0);
        using var loaded = new MemoryStream(model.ToByteArray());
        using var network = OnnxNetwork.Load(loaded);
        var failure = Assert.Throws<OnnxFormatException>(() => network.Forward([zeros(1, 2)]));
        Assert.Contains("OnnxNetworkOptions.OutputNames = [\"map\"] and choose a target of that kind", failure.Message, StringComparison.Ordinal);
    }
}
