using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>
/// The golden cases' network, written out: 5x5 convolution, ReLU, 2x2 max pooling, 3x3 convolution, ReLU, 2x2 max pooling, 3x3
/// convolution, ReLU, global average, linear. Cut after the second convolution, or after its ReLU. Float32 or float64.
/// </summary>
internal sealed class GoldenNetwork : SplitNetwork
{
    private readonly ScalarType _type;
    private readonly bool _cutAfterRelu;
    private readonly Tensor[] _weights;

    /// <param name="path">The ONNX file, of which the weights are read.</param>
    /// <param name="cutAfterRelu">Whether the cut lies after the second ReLU.</param>
    /// <param name="type">Float32 as recorded, or Float64.</param>
    public GoldenNetwork(string path, bool cutAfterRelu, ScalarType type)
    {
        _type = type;
        _cutAfterRelu = cutAfterRelu;
        var initializers = OnnxInitializers.Read(path);
        Tensor[] kernels = [.. initializers.Where(tensor => tensor.dim() == 4).OrderBy(Stage)];
        var linear = initializers.Single(tensor => tensor.dim() == 2);
        Tensor Bias(long size) => initializers.Single(tensor => tensor.dim() == 1 && tensor.shape[0] == size);
        Tensor[] weights = [.. kernels.SelectMany(kernel => new[] { kernel, Bias(kernel.shape[0]) }), linear, Bias(linear.shape[0])];
        _weights = [.. weights.Select(weight => weight.to_type(type).DetachFromDisposeScope())];
    }

    public override LayerInfo Layer => new("bottleneck", [1, 8, -1, -1], _cutAfterRelu, 0.5);

    public override OutputKind Output => OutputKind.Logits;

    public override Activation Head(IReadOnlyList<Tensor> inputs)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        var features = nn.functional.conv2d(inputs[0].to_type(_type), _weights[0], _weights[1], padding: [2, 2]).relu();
        features = nn.functional.conv2d(nn.functional.max_pool2d(features, 2), _weights[2], _weights[3], padding: [1, 1]);
        return new Activation(_cutAfterRelu ? features.relu() : features, []);
    }

    public override Tensor Tail(Tensor features, Activation origin)
    {
        using var scope = NewDisposeScope();
        var pooled = nn.functional.max_pool2d(_cutAfterRelu ? features : features.relu(), 2);
        var deep = nn.functional.conv2d(pooled, _weights[4], _weights[5], padding: [1, 1]).relu();
        return nn.functional.linear(deep.mean([2, 3]), _weights[6], _weights[7]).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var weight in _weights) weight.Dispose();
        base.Dispose(disposing);
    }

    private static long Stage(Tensor kernel) => kernel.shape[0]; // 6, 8, 16 channels
}
