using System.Buffers.Binary;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A random map, uniform from 0 to 1: what every method has to beat. It comes from the seed and the row's own values, so that rows differ, and a
/// row's map does not depend on batch, order or process.
/// </summary>
/// <param name="seed">The seed. Default 0.</param>
public sealed class RandomMap(long seed = 0) : AttributionMethod
{
    internal const string MethodName = "random";

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Relative;

    /// <inheritdoc/>
    public override bool CutsAtInput => true;

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(seed);
    }

    internal static RandomMap Load(BinaryReader reader) => new(reader.ReadInt64());

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        using var grad = no_grad();
        var map = pass.ForEachRow(1, (row, size) =>
        {
            using var generator = new Generator(MixedSeed.Of(seed ^ Hash(pass, row), 0), CPU);
            return rand([1, .. size], ScalarType.Float32, CPU, generator: generator);
        }).squeeze(1);
        return new Attribution(pass, ChannelReduction.None(pass, map));
    }

    /// <summary>Tells rows by their values, padding left out.</summary>
    private static long Hash(AttributionPass pass, long row)
    {
        using var scope = NewDisposeScope();
        var values = pass.Features.narrow(0, row, 1);
        if (pass.Mask is { } mask) values = values.masked_select(Shapes.BroadcastMask(mask.narrow(0, row, 1), values, pass.ChannelDimension));
        return BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(values.cpu().contiguous().bytes));
    }
}
