using Google.Protobuf;
using Iba.Onnx.Schema;
using static Iba.Onnx.Tests.TestModel;

namespace Iba.Onnx.Tests;

/// <summary>Where channels are, told by the operators around a layer.</summary>
public class ChannelTraceTests
{
    /// <summary>A model of x <c>[N, ...shape]</c>, whose last node gives "features"; their mean over positions is classified.</summary>
    private static OnnxNetwork Load(long[] shape, TensorProto[] weights, params NodeProto[] nodes)
    {
        var type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float, Shape = new TensorShapeProto() } };
        type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "N" });
        type.TensorType.Shape.Dim.Add(shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        var model = new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 17 } },
            Graph = new GraphProto { Name = "g", Input = { new ValueInfoProto { Name = "x", Type = type } }, Output = { new ValueInfoProto { Name = "y" } } },
        };
        model.Graph.Initializer.Add(weights);
        model.Graph.Node.Add(nodes);
        model.Graph.Node.Add(Node("Flatten", ["features"], "flat"));
        model.Graph.Node.Add(Node("MatMul", ["flat", "w"], "y"));
        return OnnxNetwork.Load(new MemoryStream(model.ToByteArray()));
    }

    private static TensorProto Floats(string name, params long[] shape)
    {
        int count = (int)shape.Aggregate(1L, (product, size) => product * size);
        return new TensorProto
        {
            Name = name,
            DataType = (int)TensorProto.Types.DataType.Float,
            Dims = { shape },
            FloatData = { Enumerable.Range(0, count).Select(i => MathF.Sin(i)) },
        };
    }

    private static int? Channels(OnnxNetwork network, string layer)
    {
        using var split = network.Split(layer);
        return split.ChannelDimension;
    }

    [Fact]
    public void Convolutions_have_them_in_dimension_1_through_what_works_element_by_element()
    {
        using var network = Load(
            [8, 41], [Floats("k", 8, 8, 3), Floats("w", 8 * 41, 4)],
            Node("Conv", ["x", "k"], "c", Integers("pads", 1, 1)), Node("Relu", ["c"], "r"), Node("Add", ["r", "x"], "features"));
        foreach (string layer in new[] { "c", "r" }.Where(layer => network.Layers.Any(known => known.Name == layer))) Assert.Equal(1, Channels(network, layer));
        Assert.Equal(1, Channels(network, "features"));
        Assert.Equal(1, Channels(network, "x")); // The convolution reads it.
        Assert.Null(Channels(network, "flat"));
    }

    [Fact]
    public void Layer_normalisation_over_the_last_axis_has_them_there()
    {
        using var network = Load(
            [6, 8], [Floats("scale", 8), Floats("w", 6 * 8, 4)],
            Node("Tanh", ["x"], "t"), Node("LayerNormalization", ["t", "scale"], "n", Integer("axis", -1)), Node("Sigmoid", ["n"], "features"));
        Assert.Equal(-1, Channels(network, "t"));
        Assert.Equal(-1, Channels(network, "features"));
    }

    [Fact]
    public void Another_axis_moved_dimensions_and_contradictions_say_nothing()
    {
        using var other = Load(
            [6, 8], [Floats("scale", 6, 8), Floats("w", 6 * 8, 4)], Node("LayerNormalization", ["x", "scale"], "n", Integer("axis", 1)), Node("Relu", ["n"], "features"));
        Assert.Null(Channels(other, "features"));

        using var moved = Load(
            [8, 5], [Floats("k", 8, 8, 1), Floats("w", 8 * 5, 4)], Node("Conv", ["x", "k"], "c"), Node("Transpose", ["c"], "features", Integers("perm", 0, 2, 1)));
        Assert.Equal((1, null), (Channels(moved, "c"), Channels(moved, "features")));

        using var contradicted = Load(
            [8, 5], [Floats("k", 8, 8, 1), Floats("scale", 5), Floats("w", 8 * 5, 4)],
            Node("Conv", ["x", "k"], "c"), Node("Relu", ["c"], "r"), Node("LayerNormalization", ["r", "scale"], "features"));
        Assert.Null(Channels(contradicted, "r"));
    }

    [Fact]
    public void A_forked_cut_knows_them_too()
    {
        using var network = Load([8, 5], [Floats("k", 8, 8, 1), Floats("w", 8 * 5, 4)], Node("Conv", ["x", "k"], "c"), Node("Relu", ["c"], "features"));
        using var split = network.Split("features");
        using var fork = split.Fork();
        Assert.Equal(1, fork.ChannelDimension);
    }
}
