using Iba.Onnx.Schema;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>
/// Valid files with random bytes changed: they load and run, or fail with an <see cref="OnnxFormatException"/>. A crash of the
/// process is a failure, too. The file <c>iba-onnx-mutation.txt</c> in the temporary folder then holds the number of the case;
/// <c>ONNX_MUTATION=number</c> runs from there.
/// </summary>
public class MutationTests
{
    [Fact]
    public void Three_thousand_changed_files_load_and_run_or_are_refused() => Run(3_000);

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_hundred_thousand_changed_files_load_and_run_or_are_refused() => Run(100_000);

    private static void Run(int count)
    {
        int first = int.Parse(Environment.GetEnvironmentVariable("ONNX_MUTATION") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        var nodes = NodeTestCase.All.Where(test => test.Model.Length < 4_000 && test.Inputs.All(input => input.Length < 20_000)).ToArray();
        var networks = ExportedNetwork.Names.Select(ExportedNetwork.Get).Where(network => network.Model.Length < 20_000).ToArray();
        int refused = 0;
        using var progress = new StreamWriter(Path.Combine(Path.GetTempPath(), "iba-onnx-mutation.txt")) { AutoFlush = true };
        for (int i = first; i < first + count; i++)
        {
            progress.BaseStream.Position = 0;
            progress.WriteLine(i);
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
        if (first == 0) Assert.InRange(refused, count / 10, count - 1);
    }

    private static void RunNetwork(ExportedNetwork test, Random random)
    {
        using var network = OnnxNetwork.Load(new MemoryStream(Mutate(test.Model, random)));
        if (network.Inputs.Any(input => input.Shape.Any(size => size > 64) || input.Shape.Count > 4)) return;
        var inputs = network.Inputs.Select(input => zeros(input.Shape.Select(size => size < 0 ? 2 : size).ToArray()).to(input.ElementType)).ToArray();
        network.DescribeLayers(inputs.Select(input => (IReadOnlyList<long>)input.shape).ToArray());
        network.Forward(inputs);
    }

    private static void RunNode(NodeTestCase test, Random random)
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(Mutate(test.Model, random));
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

    /// <summary>One to four changes: bits flipped, bytes set to extremes, pieces cut out, doubled or moved.</summary>
    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (int change = random.Next(1, 5); change > 0 && bytes.Count > 1; change--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 9), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0 or 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes[at] = random.Next(2) == 0 ? (byte)0xff : (byte)0;
                    break;
                case 4:
                    bytes.RemoveRange(at, length);
                    break;
                case 5:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                default:
                    // The wire format's largest number.
                    bytes.InsertRange(at, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
                    break;
            }
        }

        return bytes.ToArray();
    }
}
