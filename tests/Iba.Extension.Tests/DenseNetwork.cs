using Iba.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Iba.Extension.Tests;

/// <summary>Two dense layers: x <c>[N, 6]</c>, hidden <c>[N, 8]</c> behind a ReLU, logits <c>[N, 3]</c>.</summary>
public sealed class DenseNetwork : Network
{
    private readonly Tensor _hidden;
    private readonly Tensor _output;

    public DenseNetwork(ulong seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        _hidden = randn([8, 6], generator: generator).DetachFromDisposeScope();
        _output = randn([3, 8], generator: generator).DetachFromDisposeScope();
    }

    public override IReadOnlyList<NetworkInput> Inputs { get; } = [new("x", ScalarType.Float32, [-1, 6])];

    public override OutputKind Output => OutputKind.Logits;

    public override Device Device => CPU;

    public override string Format => "dense";

    public override IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes)
        => [new("hidden", [inputShapes[0][0], 8], AfterRelu: true, CostShare: 48.0 / 72)];

    public override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var noGradient = no_grad();
        return ForwardWithGradient(inputs);
    }

    public override SplitNetwork Split(string layer)
        => layer == "hidden" ? new Cut(this) : throw new ArgumentException($"There is no layer '{layer}', only 'hidden'.", nameof(layer));

    public override IReadOnlyList<string> WeightLayers => ["hidden", "output"];

    public override IDisposable RandomizeWeights(string weightLayer, long seed) => weightLayer switch
    {
        "hidden" => Randomize([_hidden], seed),
        "output" => Randomize([_output], seed),
        _ => throw new ArgumentException($"There is no part '{weightLayer}', only 'hidden' and 'output'.", nameof(weightLayer)),
    };

    public override void MoveTo(Device device) => throw new NotSupportedException("A dense network stays on the CPU.");

    public override void Save(Stream stream)
    {
        if (IsRandomized) throw new InvalidOperationException("The weights hold noise.");
        stream.Write(_hidden.bytes);
        stream.Write(_output.bytes);
    }

    protected override Tensor ForwardWithGradient(IReadOnlyList<Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        return Classify(Hide(inputs[0])).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _hidden.Dispose();
        _output.Dispose();
    }

    private Tensor Hide(Tensor x) => relu(linear(x, _hidden));

    private Tensor Classify(Tensor hidden) => linear(hidden, _output);

    private sealed class Cut(DenseNetwork network) : SplitNetwork
    {
        public override LayerInfo Layer => network.Layers[0];

        public override OutputKind Output => network.Output;

        public override Activation Head(IReadOnlyList<Tensor> inputs)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            return new Activation(network.Hide(inputs[0]), context: []);
        }

        public override Tensor Tail(Tensor features, Activation origin)
        {
            using var scope = NewDisposeScope();
            return network.Classify(features).MoveToOuterDisposeScope();
        }

        // All results behind the layer: three logits.
        public override long ResultBytes(Activation origin) => 3 * sizeof(float);

        // Nothing is kept between calls, so that cuts can work side by side.
        public override bool CanFork => true;

        public override SplitNetwork Fork() => new Cut(network);

        public override string HeadFingerprint() => Fingerprint([("hidden", network._hidden)]);
    }
}
