using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>The names by which layers are asked for.</summary>
public class LayerNameTests
{
    [Fact]
    public void A_node_stands_for_the_tensor_that_it_writes()
    {
        using var scope = NewDisposeScope();
        using var network = Make().Giving(Floats("logits", "N", Classes)).Load();
        using var byNode = network.Split("Relu_1");
        using var byTensor = network.Split("r");
        var pictures = Pictures(2);
        using var expected = byTensor.Head([pictures]);
        using var found = byNode.Head([pictures]);
        Assert.Equal(expected.Features.data<float>().ToArray(), found.Features.data<float>().ToArray());
        Assert.True(byNode.Layer.AfterRelu);
        Assert.Equal(("Relu_1", byTensor.Layer.CostShare), (byNode.Layer.Name, byNode.Layer.CostShare));
    }

    [Fact]
    public void Errors_say_both_names()
    {
        using var network = Make().Giving(Floats("logits", "N", Classes)).Load();
        string message = Assert.Throws<ArgumentException>(() => network.Split("Relu_2")).Message;
        Assert.Contains("no layer 'Relu_2', neither a tensor nor a node.", message, StringComparison.Ordinal);
        Assert.Contains("nearest name first: 'r' (node 'Relu_1')", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_beside_which_features_pass_is_named_with_its_tensor()
    {
        var model = Make(Node("Sigmoid", ["logits"], "s"), Node("Mul", ["logits", "s"], "y")).Giving(Floats("y", "N", Classes));
        model.Graph.Node[^2].Name = "gate";
        using var network = model.Load();
        Assert.Contains("cannot be cut at 's', which node 'gate' writes: features also pass through 'logits'",
            Assert.Throws<ArgumentException>(() => network.Split("gate")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_goes_before_a_node_and_two_nodes_of_one_name_are_refused()
    {
        var model = Make().Giving(Floats("logits", "N", Classes));
        model.Graph.Node[0].Name = "r";
        model.Graph.Node[2].Name = model.Graph.Node[3].Name = "pool";
        using var network = model.Load();
        using var split = network.Split("r");
        Assert.True(split.Layer.AfterRelu);
        Assert.Contains("Several tensors come from nodes named 'pool': 'g', 'f'", Assert.Throws<ArgumentException>(() => network.Split("pool")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_whose_name_is_blank_can_be_cut()
    {
        using var scope = NewDisposeScope();
        var model = Make().Giving(Floats("logits", "N", Classes));
        model.Graph.Node[1].Output[0] = model.Graph.Node[2].Input[0] = " ";
        using var network = model.Load();
        using var split = network.Split(" ");
        var pictures = Pictures(2);
        using var activation = split.Head([pictures]);
        ExportedNetworkTests.AssertClose(network.Forward([pictures]), split.Tail(activation.Features, activation));
    }

    [Fact]
    public void The_names_of_removed_nodes_stand_for_what_they_handed_on()
    {
        var model = Make().Giving(Floats("logits", "N", Classes));
        model.Graph.Node.Insert(2, Node("Dropout", ["r"], "d"));
        model.Graph.Node[2].Name = "Dropout_2";
        model.Graph.Node[3].Input[0] = "d";
        using var network = model.Load();
        using var split = network.Split("Dropout_2");
        Assert.True(split.Layer.AfterRelu);
    }
}
