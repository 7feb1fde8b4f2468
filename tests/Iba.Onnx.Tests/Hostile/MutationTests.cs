using Iba.Onnx.Schema;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>
/// Valid files with random bytes changed: they load and run, or fail with an <see cref="OnnxFormatException"/>. A crash of the
/// process is a failure, too: see <see cref="MutationCases"/>.
/// </summary>
public class MutationTests
{
    [Fact]
    public void Three_thousand_changed_files_load_and_run_or_are_refused() => Run(0, 3_000);

    [Fact]
    [Trait("Speed", "Slow")]
    public void So_are_those_up_to_twenty_five_thousand() => Run(3_000, 25_000);

    private static void Run(int first, int end)
    {
        var nodes = NodeTestCase.All.Where(test => test.Model.Length < 4_000 && test.Inputs.All(input => input.Length < 20_000)).ToArray();
        var networks = ExportedNetwork.Names.Select(ExportedNetwork.Get).Where(network => network.Model.Length < 20_000).ToArray();
        int refused = 0;
        using var cases = new MutationCases("onnx", first, end);
        foreach (int i in cases.Run())
        {
            var random = new Random(i);
            try
            {
                using var scope = NewDisposeScope();
                if (i % 4 == 0) RunNetwork(networks[random.Next(networks.Length)], random);
                else RunNode(nodes[random.Next(nodes.Length)], random);
            }
            catch (OnnxFormatException)
            {
                refused++;
            }
            catch (Exception exception)
            {
                Assert.Fail($"Case {i}: {exception}");
            }
        }

        // Most changes hit something that matters.
        cases.Report($"{refused} refused");
        if (cases.AreAll) Assert.InRange(refused, (end - first) / 10, end - first - 1);
    }

    private static void RunNetwork(ExportedNetwork test, Random random)
    {
        using var network = OnnxNetwork.Load(new MemoryStream(MutationCases.Mutate(test.Model, random)));
        if (network.Inputs.Any(input => input.Shape.Any(size => size > 64) || input.Shape.Count is 0 or > 4)) return;
        var inputs = network.Inputs.Select(input => zeros(input.Shape.Select(size => size < 0 ? 2 : size).ToArray()).to(input.ElementType)).ToArray();
        network.DescribeLayers(inputs.Select(input => (IReadOnlyList<long>)input.shape).ToArray());
        network.Forward(inputs);
    }

    private static void RunNode(NodeTestCase test, Random random)
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(MutationCases.Mutate(test.Model, random));
        }
        catch (Google.Protobuf.InvalidProtocolBufferException exception)
        {
            throw new OnnxFormatException("ModelFile turns this into its own error.", exception);
        }

        if (model.Graph == null) return;
        using var graph = GraphBuilder.Build(model, OperatorFamilies.Table);
        if (graph.AllNodes().Any(node => node.Compute == null) || graph.Inputs.Count != test.Inputs.Count) return;
        using var noGrad = no_grad();
        var inputs = test.Inputs.Select((bytes, i) => NodeTestRunner.Decode(bytes, graph.Inputs[i].Type)).ToArray();
        new GraphProgram(graph).Run(inputs);
    }
}
