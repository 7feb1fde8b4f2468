using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>
/// A small image classifier with seeded weights, for speed: conv1 (3 to 6 channels, ReLU), conv2 (8 channels, stride 2, ReLU), mean over
/// positions, 4 classes. Layers: "conv1", "conv2", "pooled"; "channels-last", conv2 as <c>[N, H, W, C]</c>; "tokens", conv2 as
/// <c>[N, 1 + H * W, C]</c> with a leading token of zeros; and "constant", which nothing reads.
/// </summary>
internal sealed class ConvolutionalNetwork : Network
{
    public const string FormatName = "test-convolutional";
    public const int Classes = 4;

    private static readonly string[] Names = ["conv1", "conv2", "pooled"];

    private readonly int _seed;
    private readonly bool _probabilities;
    private readonly Tensor[] _weights;

    static ConvolutionalNetwork() => NetworkFormats.Register(FormatName, stream =>
    {
        using var reader = new BinaryReader(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        return new ConvolutionalNetwork(reader.ReadInt32(), reader.ReadBoolean(), reader.ReadInt64());
    });

    public ConvolutionalNetwork(int seed = 5, bool probabilities = false, long size = 16)
    {
        _seed = seed;
        _probabilities = probabilities;
        Size = size;
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        Tensor Random(double scale, params long[] shape) => (randn(shape, generator: generator) * scale).DetachFromDisposeScope();
        _weights =
        [
            Random(0.4, 6, 3, 3, 3), Random(0.1, 6), Random(0.3, 8, 6, 3, 3), Random(0.1, 8), Random(3, Classes, 8), Random(0.1, Classes),
        ];
    }

    /// <summary>Height and width; -1: any.</summary>
    public long Size { get; }

    public bool IsDisposed { get; private set; }

    /// <summary>Throws in the head when it returns true for the batch's input.</summary>
    public Func<Tensor, bool>? Fail { get; set; }

    /// <summary>The tail runs out of memory when this returns true for its number of rows, noisy copies included.</summary>
    public Func<long, bool>? LacksMemory { get; set; }

    /// <summary>The number of rows of every call of a head.</summary>
    public List<long> HeadCalls { get; } = [];

    /// <summary>The number of rows of every call of a tail, noisy copies included.</summary>
    public List<long> TailCalls { get; } = [];

    /// <summary>The number of rows of every forward pass with gradient, from the input.</summary>
    public List<long> ForwardCalls { get; } = [];

    /// <summary>The number of rows of every forward pass without gradient, from the input.</summary>
    public List<long> WholeCalls { get; } = [];

    /// <summary>How often a head's fingerprint was asked for.</summary>
    public int FingerprintCalls { get; private set; }

    /// <summary>The threads that called a tail.</summary>
    public HashSet<Thread> Threads { get; } = [];

    public override IReadOnlyList<NetworkInput> Inputs => [new("images", ScalarType.Float32, [-1, 3, Size, Size])];

    public override OutputKind Output => OutputKind.Auto;

    public override Device Device => CPU;

    public override string Format => FormatName;

    public override IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes)
        => Names.Select(name => new LayerInfo(name, [-1], name != "pooled", 0.5)).ToArray();

    public override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var grad = no_grad();
        lock (WholeCalls) WholeCalls.Add(inputs[0].shape[0]);
        return Run(inputs[0], 0, 3);
    }

    public override SplitNetwork Split(string layer)
    {
        int index = Array.IndexOf(Names, layer);
        if (layer == "constant") index = Names.Length;
        if (layer is "channels-last" or "tokens") index = 1;
        if (index < 0) throw new ArgumentException($"There is no layer '{layer}'. Nearest: {string.Join(", ", Names)}.", nameof(layer));
        return new Cut(this, index, layer);
    }

    public override void MoveTo(Device device) => throw new NotSupportedException();

    public override void Save(Stream stream)
    {
        using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write(_seed);
        writer.Write(_probabilities);
        writer.Write(Size);
    }

    /// <summary>Adds to the weights of a layer, as training would; 0 is conv1, 2 the classes.</summary>
    public void Train(int layer)
    {
        using var grad = no_grad();
        _weights[2 * layer].add_(0.01);
    }

    protected override Tensor ForwardWithGradient(IReadOnlyList<Tensor> inputs)
    {
        lock (ForwardCalls) ForwardCalls.Add(inputs[0].shape[0]);
        return Run(inputs[0], 0, 3);
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        foreach (var weight in _weights) weight.Dispose();
    }

    private Tensor Run(Tensor x, int from, int to)
    {
        using var scope = NewDisposeScope();
        if (from <= 0 && to > 0) x = nn.functional.relu(nn.functional.conv2d(x, _weights[0], _weights[1], padding: [1, 1]));
        if (from <= 1 && to > 1) x = nn.functional.relu(nn.functional.conv2d(x, _weights[2], _weights[3], padding: [1, 1], strides: [2, 2]));
        if (from <= 2 && to > 2)
        {
            x = x.mean([2, 3]).matmul(_weights[4].t()) + _weights[5];
            if (_probabilities) x = x.softmax(1);
        }

        return x.MoveToOuterDisposeScope();
    }

    private sealed class Cut(ConvolutionalNetwork network, int index, string name) : SplitNetwork
    {
        // "constant" is a layer that nothing after it reads.
        private bool IsConstant => index == Names.Length;

        public override LayerInfo Layer => new(name, [-1], true, 0.5);

        public override OutputKind Output => OutputKind.Auto;

        public override Activation Head(IReadOnlyList<Tensor> inputs)
        {
            ObjectDisposedException.ThrowIf(network.IsDisposed, network);
            using var scope = NewDisposeScope();
            using var grad = no_grad();
            lock (network.HeadCalls) network.HeadCalls.Add(inputs[0].shape[0]);
            if (network.Fail?.Invoke(inputs[0]) == true) throw new InvalidOperationException("the network failed");
            var features = IsConstant ? inputs[0].mean([2, 3]) : network.Run(inputs[0], 0, Math.Min(index + 1, 2));
            return new Activation(index == 2 ? features.mean([2, 3]) : ToLayout(features), []);
        }

        public override Tensor Tail(Tensor features, Activation origin)
        {
            lock (network.TailCalls)
            {
                network.TailCalls.Add(features.shape[0]);
                network.Threads.Add(Thread.CurrentThread);
            }

            if (network.LacksMemory?.Invoke(features.shape[0]) == true) features.new_empty(1L << 48);
            return IsConstant ? ones(features.shape[0], Classes)
                : index == 2 ? TailOfPooled(features)
                : network.Run(FromLayout(features), index + 1, 3);
        }

        public override long ResultBytes(Activation origin) => 1 << 20;

        public override string HeadFingerprint()
        {
            network.FingerprintCalls++;
            return Fingerprint(network._weights.Take(2 * Math.Min(index + 1, 2)).Select((weight, i) => ($"weight{i}", weight)));
        }

        public override bool CanFork => true;

        public override SplitNetwork Fork() => new Cut(network, index, name);

        private Tensor ToLayout(Tensor features) => name switch
        {
            "channels-last" => features.permute(0, 2, 3, 1),
            "tokens" => cat([features.new_zeros(features.shape[0], 1, features.shape[1]), features.flatten(2).transpose(1, 2)], 1),
            _ => features,
        };

        private Tensor FromLayout(Tensor features) => name switch
        {
            "channels-last" => features.permute(0, 3, 1, 2),
            "tokens" => features.narrow(1, 1, features.shape[1] - 1).transpose(1, 2).reshape(features.shape[0], -1, network.Size / 2, network.Size / 2),
            _ => features,
        };

        private Tensor TailOfPooled(Tensor features) => network.Run(features.unsqueeze(2).unsqueeze(3), 2, 3);
    }
}
