using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Extension.Tests;

/// <summary>A network that overrides what it must and nothing else: the mean of the features of two inputs, of which the second holds integers.</summary>
public sealed class PlainNetwork : Network
{
    public int Passes { get; private set; }

    public override IReadOnlyList<NetworkInput> Inputs { get; } = [new("ids", ScalarType.Int64, [-1, 4]), new("x", ScalarType.Float32, [-1, 4])];

    public override OutputKind Output => OutputKind.Logits;

    public override Device Device => CPU;

    public override string Format => "plain";

    public override IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes)
        => [new("product", [inputShapes[0][0], 4], AfterRelu: false, CostShare: 0.5)];

    public override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var noGradient = no_grad();
        return inputs[0] * inputs[1];
    }

    public override SplitNetwork Split(string layer) => new Cut(this);

    public override void MoveTo(Device device)
    {
    }

    public override void Save(Stream stream)
    {
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Cut(PlainNetwork network) : SplitNetwork
    {
        public override LayerInfo Layer => network.Layers[0];

        public override OutputKind Output => network.Output;

        public override Activation Head(IReadOnlyList<Tensor> inputs)
        {
            network.Passes++;
            return new Activation(network.Forward(inputs), context: []);
        }

        public override Tensor Tail(Tensor features, Activation origin) => features.alias();
    }
}
