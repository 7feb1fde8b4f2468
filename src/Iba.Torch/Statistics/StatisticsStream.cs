using System.Buffers;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Writes and reads tensors of the statistics; reading trusts nothing.</summary>
internal static class StatisticsStream
{
    private const int MaxRank = 8;
    private const long MaxElements = 1L << 27;
    private const int ChunkBytes = 1 << 20;

    public static void ReadHeader(BinaryReader reader, uint magic, int newest, string what)
    {
        uint found = reader.ReadUInt32();
        if (found != magic) throw new InvalidDataException($"Not {what}: the bytes start with 0x{found:X8} instead of 0x{magic:X8}.");
        int version = reader.ReadInt32();
        if (version < 1 || version > newest)
        {
            throw new InvalidDataException($"Format version {version} of {what}; this library reads 1 to {newest}: update it.");
        }
    }

    public static bool ReadBoolean(BinaryReader reader)
    {
        byte value = reader.ReadByte();
        return value <= 1 ? value == 1 : throw new InvalidDataException($"Statistics with a flag of value {value}; expected 0 or 1.");
    }

    public static long[] ReadShape(BinaryReader reader)
    {
        long[] shape = Shapes.Read(reader, MaxRank, "Statistics");
        long elements = 1;
        foreach (long size in shape)
        {
            if (size < 1 || size > MaxElements || (elements *= size) > MaxElements)
            {
                throw new InvalidDataException(
                    $"Statistics of a shape with dimension {size}; expected positive dimensions, at most {MaxElements} elements.");
            }
        }

        return shape;
    }

    /// <summary>Writes the elements, without shape and type.</summary>
    public static void Write(BinaryWriter writer, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        writer.Write(tensor.detach().cpu().contiguous().bytes);
    }

    /// <summary>Reads elements of the given shape; memory grows with what is there, not with what the shape promises.</summary>
    public static Tensor Read(BinaryReader reader, ScalarType type, long[] shape)
    {
        long bytes = shape.Aggregate((long)type.ElementSize(), (product, size) => product * size);
        var content = new ArrayBufferWriter<byte>((int)Math.Min(bytes, ChunkBytes));
        while (content.WrittenCount < bytes)
        {
            int wanted = (int)Math.Min(bytes - content.WrittenCount, ChunkBytes);
            int read = reader.Read(content.GetSpan(wanted)[..wanted]);
            if (read == 0) throw new InvalidDataException($"Statistics end after {content.WrittenCount} of {bytes} bytes.");
            content.Advance(read);
        }

        var tensor = empty(shape, type);
        content.WrittenSpan.CopyTo(tensor.bytes);
        return tensor;
    }
}
