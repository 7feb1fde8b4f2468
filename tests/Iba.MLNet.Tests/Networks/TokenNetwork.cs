using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>
/// A small classifier of token ids with seeded weights. Layers: "embeddings" <c>[N, T, 8]</c>, and "channels" <c>[N, 8, T]</c>, the same with
/// channels first, and "pairs" <c>[N, T / 2, 8]</c>, the means of two neighbours. Tokens mix through their masked mean.
/// </summary>
internal sealed class TokenNetwork : Network
{
    public const string FormatName = "test-tokens";
    public const int Vocabulary = 50;
    public const int Classes = 3;

    private readonly bool _hasMask;
    private readonly Tensor _embeddings, _mixing, _classes;

    static TokenNetwork() => NetworkFormats.Register(FormatName, stream => new TokenNetwork(stream.ReadByte() == 1));

    public TokenNetwork(bool hasMask = true)
    {
        _hasMask = hasMask;
        using var scope = NewDisposeScope();
        using var generator = new Generator(7, CPU);
        _embeddings = randn([Vocabulary, 8], generator: generator).DetachFromDisposeScope();
        _mixing = randn([8, 8], generator: generator).DetachFromDisposeScope();
        _classes = (randn([8, Classes], generator: generator) * 3).DetachFromDisposeScope();
    }

    public override IReadOnlyList<NetworkInput> Inputs => _hasMask
        ? [new("ids", ScalarType.Int64, [-1, -1]), new("mask", ScalarType.Int64, [-1, -1])]
        : [new("ids", ScalarType.Int64, [-1, -1])];

    public override OutputKind Output => OutputKind.Logits;

    public override Device Device => CPU;

    public override string Format => FormatName;

    public override IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes)
        => [new("embeddings", [-1, -1, 8], false, 0), new("channels", [-1, 8, -1], false, 0), new("pairs", [-1, -1, 8], false, 0)];

    public override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var cut = Split("embeddings");
        using var activation = cut.Head(inputs);
        return cut.Tail(activation.Features, activation);
    }

    public override SplitNetwork Split(string layer) => layer is "embeddings" or "channels" or "pairs"
        ? new Cut(this, layer)
        : throw new ArgumentException($"There is no layer '{layer}'. Nearest: embeddings.", nameof(layer));

    public override void MoveTo(Device device) => throw new NotSupportedException();

    public override void Save(Stream stream) => stream.WriteByte(_hasMask ? (byte)1 : (byte)0);

    protected override void Dispose(bool disposing)
    {
        _embeddings.Dispose();
        _mixing.Dispose();
        _classes.Dispose();
    }

    private sealed class Cut(TokenNetwork network, string layer) : SplitNetwork
    {
        public override LayerInfo Layer => new(layer, [-1, -1, -1], false, 0);

        public override OutputKind Output => OutputKind.Logits;

        public override Activation Head(IReadOnlyList<Tensor> inputs)
        {
            using var scope = NewDisposeScope();
            using var grad = no_grad();
            var ids = inputs[0];
            var mask = network._hasMask ? inputs[1] : ones_like(ids);
            var features = network._embeddings.index_select(0, ids.flatten()).view(ids.shape[0], ids.shape[1], 8);
            if (layer == "channels") features = features.transpose(1, 2);
            if (layer == "pairs")
            {
                features = features.view(ids.shape[0], ids.shape[1] / 2, 2, 8).mean([2]);
                mask = mask.view(ids.shape[0], ids.shape[1] / 2, 2).amax([2]);
            }

            return new Activation(features, [mask.to(float32)]);
        }

        public override Tensor Tail(Tensor features, Activation origin)
        {
            using var scope = NewDisposeScope();
            if (layer == "channels") features = features.transpose(1, 2);
            long copies = features.shape[0] / origin.Rows;
            var mask = origin.Context[0].repeat_interleave(copies, 0).unsqueeze(2);
            var hidden = features.matmul(network._mixing).tanh();
            var mean = (hidden * mask).sum(1) / mask.sum(1).clamp_min(1);
            return mean.matmul(network._classes).MoveToOuterDisposeScope();
        }
    }
}
