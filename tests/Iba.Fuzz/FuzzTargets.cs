using Iba.MLNet;
using Iba.Onnx;
using Microsoft.ML;
using static TorchSharp.torch;

namespace Iba.Fuzz;

/// <summary>What is fuzzed: bytes load, and run where they are small enough, or are refused with an error of the documented type.</summary>
public static class FuzzTargets
{
    private const int LargestSide = 64;
    private const int LargestInput = 100_000;

    private static readonly MLContext Context = new(seed: 0);

    /// <summary>The targets by name. Each says whether the bytes were taken.</summary>
    public static IReadOnlyDictionary<string, Func<byte[], bool>> All { get; } = new Dictionary<string, Func<byte[], bool>>
    {
        ["onnx"] = Onnx,
        ["zip"] = Zip,
    };

    /// <summary>An ONNX file, see <see cref="OnnxNetwork.Load(Stream, OnnxNetworkOptions?)"/>; small ones run once.</summary>
    public static bool Onnx(byte[] file)
    {
        try
        {
            using var scope = NewDisposeScope();
            using var network = OnnxNetwork.Load(new MemoryStream(file));
            long[][] shapes = network.Inputs.Select(input => input.Shape.Select(size => size < 0 ? 2 : size).ToArray()).ToArray();
            if (shapes.Any(shape => shape.Length is 0 or > 4 || shape.Any(size => size > LargestSide) || shape.Aggregate(1L, (a, b) => a * b) > LargestInput)) return true;
            network.DescribeLayers(shapes);
            network.Forward(network.Inputs.Zip(shapes, (input, shape) => zeros(shape).to(input.ElementType)).ToArray());
            return true;
        }
        catch (OnnxFormatException)
        {
            return false;
        }
    }

    /// <summary>A model zip, as both of the safe loaders take it.</summary>
    public static bool Zip(byte[] file)
    {
        bool isIba = Loads(stream => IbaTransformer.Load(Context, stream), file);
        return Loads(stream => AttributionTransformer.Load(Context, stream), file) || isIba;
    }

    private static bool Loads(Func<Stream, AttributionTransformerBase> load, byte[] file)
    {
        try
        {
            using var transformer = load(new MemoryStream(file));
            return true;
        }
        catch (Exception refusal) when (refusal is FormatException or NotSupportedException)
        {
            return false;
        }
    }
}
