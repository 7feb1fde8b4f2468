using Iba.Torch;
using TorchSharp;

namespace Iba.Onnx;

/// <summary>A classifier from an ONNX file, as a differentiable network on TorchSharp tensors.</summary>
public sealed class OnnxNetwork : Network
{
    /// <summary>Loads an ONNX file.</summary>
    public static OnnxNetwork Load(string path) => throw new NotImplementedException();

    /// <summary>Loads an ONNX file from a stream, which is left open and need not be seekable.</summary>
    public static OnnxNetwork Load(Stream stream) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkInput> Inputs => throw new NotImplementedException();

    /// <inheritdoc/>
    public override OutputKind Output => throw new NotImplementedException();

    /// <inheritdoc/>
    public override torch.Device Device => throw new NotImplementedException();

    /// <inheritdoc/>
    public override string Format => "onnx";

    /// <inheritdoc/>
    public override IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override torch.Tensor Forward(IReadOnlyList<torch.Tensor> inputs) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override SplitNetwork Split(string layer) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override void MoveTo(torch.Device device) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override void Save(Stream stream) => throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
