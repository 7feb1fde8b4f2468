using Google.Protobuf;
using Iba.Onnx.Schema;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

public class ControlFlowOperatorsTests
{
    [Fact]
    public void A_loop_that_never_ends_is_stopped()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<OnnxFormatException>(() => RunLoop(long.MaxValue, ones(1)));
        Assert.Contains("does not end", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loop_has_a_gradient_and_collects_what_it_computes()
    {
        using var scope = NewDisposeScope();
        var start = tensor(new[] { 3f }).requires_grad_();
        var outputs = RunLoop(4, start);
        Assert.Equal([48f], outputs[0].detach().data<float>().ToArray());
        Assert.Equal([6f, 12f, 24f, 48f], outputs[1].detach().flatten().data<float>().ToArray());
        outputs[1].sum().backward();
        Assert.Equal([30f], start.grad!.data<float>().ToArray());
    }

    [Fact]
    public void A_loop_without_iterations_hands_its_state_on_and_collects_nothing()
    {
        using var scope = NewDisposeScope();
        var outputs = RunLoop(0, tensor(new[] { 3f }));
        Assert.Equal([3f], outputs[0].data<float>().ToArray());
        Assert.Equal([0L, 1L], outputs[1].shape);
    }

    [Fact]
    public void No_tensor_of_a_loop_outlives_it()
    {
        using var scope = NewDisposeScope();
        var start = ones(1);
        RunLoop(2, start);
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        foreach (var output in RunLoop(1000, start)) output.Dispose();
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    /// <summary>Runs a loop whose body doubles its state and collects it. Returns the last state and the collected ones.</summary>
    private static Tensor[] RunLoop(long tripCount, Tensor start)
    {
        var body = new GraphProto();
        body.Input.Add(["i", "goesOn", "state"], Float);
        body.Node.Add(new NodeProto { OpType = "Identity", Input = { "goesOn" }, Output = { "goesOnNext" } });
        body.Node.Add(new NodeProto { OpType = "Add", Input = { "state", "state" }, Output = { "next" } });
        body.Node.Add(new NodeProto { OpType = "Identity", Input = { "next" }, Output = { "collected" } });
        body.Output.Add(["goesOnNext", "next", "collected"], Float);
        var model = new ModelProto { Graph = new GraphProto(), OpsetImport = { new OperatorSetIdProto { Version = 16 } } };
        model.Graph.Initializer.Add(new TensorProto
        {
            Name = "count",
            DataType = (int)TensorProto.Types.DataType.Int64,
            RawData = ByteString.CopyFrom(BitConverter.GetBytes(tripCount)),
        });
        model.Graph.Input.Add(["start"], Float);
        model.Graph.Output.Add(["last", "all"], Float);
        model.Graph.Node.Add(new NodeProto
        {
            OpType = "Loop",
            Input = { "count", "", "start" },
            Output = { "last", "all" },
            Attribute = { new AttributeProto { Name = "body", G = body } },
        });
        using var graph = GraphBuilder.Build(model, OperatorFamilies.Table);
        return new GraphProgram(graph).Run([start]).Select(output => ((TensorValue)output).Tensor).ToArray();
    }

    private static TypeProto Float => new()
    {
        TensorType = new TypeProto.Types.Tensor
        {
            ElemType = (int)TensorProto.Types.DataType.Float,
            Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 1 } } },
        },
    };
}

file static class ValueInfoExtensions
{
    public static void Add(this ICollection<ValueInfoProto> values, string[] names, TypeProto type)
    {
        foreach (string name in names) values.Add(new ValueInfoProto { Name = name, Type = type });
    }
}
