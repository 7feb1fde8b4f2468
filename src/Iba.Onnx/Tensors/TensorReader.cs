using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Iba.Onnx.Schema;
using Iba.Torch;
using TorchSharp;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>Turns the tensors of a file into libtorch tensors.</summary>
internal static class TensorReader
{
    // A sparse tensor is small in the file however large it claims to be.
    private const long MostSparseElements = 1 << 28;

    /// <summary>Reads a tensor whose data lie in the message itself.</summary>
    /// <param name="proto">The message.</param>
    /// <param name="what">What the tensor is, for error messages, for example "initializer".</param>
    /// <exception cref="OnnxFormatException">The type is not supported, or shape and data do not agree.</exception>
    public static torch.Tensor Read(TensorProto proto, string what)
    {
        var type = (DataType)proto.DataType;
        var storage = ElementTypes.Storage(type) ?? throw Error(proto, what, $"has element type {type}, which is not supported");
        if (proto.DataLocation == DataLocation.External)
        {
            throw Error(proto, what, "has its data in another file, which is possible for initializers of a model loaded from a path only");
        }

        long count = ElementCount(proto, what);
        var data = Data(proto, type, out long found);
        long expected = ((count * ElementTypes.Bits(type)) + 7) / 8;
        if (found != expected)
        {
            throw Error(proto, what, $"has shape {Shapes.Format(proto.Dims)} of {type}, which is {expected} bytes, but holds {found}");
        }

        var tensor = torch.empty(proto.Dims.ToArray(), dtype: storage);
        if (count > 0) Decode(data, type, count, tensor.bytes);
        return tensor;
    }

    /// <summary>Reads a tensor as <see cref="Read"/> does, with the type that it stands for where it is stored wider.</summary>
    public static TensorValue ReadValue(TensorProto proto, string what)
    {
        var type = (DataType)proto.DataType;
        return new TensorValue(Read(proto, what), NarrowTypes.IsWidened(type) ? type : DataType.Undefined);
    }

    /// <summary>Reads a sparse tensor into a dense one. Indices are <c>[nonzeros]</c> into the flattened tensor or <c>[nonzeros, rank]</c>.</summary>
    public static torch.Tensor ReadSparse(SparseTensorProto proto, string what)
    {
        if (proto.Values == null || proto.Indices == null) throw new OnnxFormatException($"A {what} lacks its values or indices.");
        using var scope = torch.NewDisposeScope();
        var values = Read(proto.Values, what);
        var indices = Read(proto.Indices, what);
        if (indices.dtype != torch.ScalarType.Int64) throw Error(proto.Values, what, "has indices that are not int64");
        long count = ElementCount(proto.Dims, proto.Values, what);
        if (count > MostSparseElements) throw Error(proto.Values, what, $"has {count} elements; at most {MostSparseElements} are read");
        if (indices.dim() == 2 && indices.shape[1] == proto.Dims.Count)
        {
            long[] strides = new long[proto.Dims.Count];
            for (int axis = strides.Length - 1, stride = 1; axis >= 0; stride *= (int)proto.Dims[axis--]) strides[axis] = stride;
            indices = (indices * torch.tensor(strides)).sum(1);
        }

        long[] flat = indices.data<long>().ToArray();
        if (indices.dim() != 1 || flat.Length != values.numel() || flat.Any(index => index < 0 || index >= count))
        {
            throw Error(proto.Values, what, "has indices that do not fit its shape or number of values");
        }

        var dense = torch.zeros(count, dtype: values.dtype);
        return dense.index_copy_(0, indices, values.flatten()).reshape(proto.Dims.ToArray()).MoveToOuterDisposeScope();
    }

    /// <summary>How many elements a tensor claims to have.</summary>
    /// <exception cref="OnnxFormatException">More than a file can hold, or a negative number.</exception>
    public static long ElementCount(TensorProto proto, string what) => ElementCount(proto.Dims, proto, what);

    private static long ElementCount(IReadOnlyCollection<long> dimensions, TensorProto proto, string what)
    {
        long count = 1, strides = 1;
        foreach (long size in dimensions)
        {
            // A zero dimension makes the product small, however absurd the others are: bound those, too.
            if (size < 0 || size > int.MaxValue) throw Error(proto, what, $"has dimension {size}, outside 0 to {int.MaxValue}");
            count *= size;
            strides *= Math.Max(size, 1);
            if (strides > int.MaxValue) throw Error(proto, what, $"has shape {Shapes.Format(dimensions)}, more elements than a file can hold");
        }

        return count;
    }

    /// <summary>The data as the bytes that raw data would have: little-endian, narrow types packed.</summary>
    private static ReadOnlySpan<byte> Data(TensorProto proto, DataType type, out long length)
    {
        ReadOnlySpan<byte> bytes;
        if (proto.RawData.Length > 0)
        {
            bytes = proto.RawData.Span;
        }
        else
        {
            bytes = type switch
            {
                DataType.Float or DataType.Complex64 => MemoryMarshal.AsBytes<float>(proto.FloatData.ToArray()),
                DataType.Double or DataType.Complex128 => MemoryMarshal.AsBytes<double>(proto.DoubleData.ToArray()),
                DataType.Int64 => MemoryMarshal.AsBytes<long>(proto.Int64Data.ToArray()),
                DataType.Uint64 => MemoryMarshal.AsBytes<ulong>(proto.Uint64Data.ToArray()),
                DataType.Uint32 => MemoryMarshal.AsBytes<uint>(proto.Uint64Data.Select(value => (uint)value).ToArray()),
                DataType.Int32 => MemoryMarshal.AsBytes<int>(proto.Int32Data.ToArray()),
                DataType.Uint16 or DataType.Int16 or DataType.Float16 or DataType.Bfloat16
                    => MemoryMarshal.AsBytes<ushort>(proto.Int32Data.Select(value => unchecked((ushort)value)).ToArray()),
                _ => proto.Int32Data.Select(value => unchecked((byte)value)).ToArray(),
            };
        }

        length = bytes.Length;
        return bytes;
    }

    private static void Decode(ReadOnlySpan<byte> data, DataType type, long count, Span<byte> target)
    {
        switch (type)
        {
            case DataType.Uint16:
                var integers = MemoryMarshal.Cast<byte, int>(target);
                for (int i = 0; i < integers.Length; i++) integers[i] = BinaryPrimitives.ReadUInt16LittleEndian(data[(2 * i)..]);
                break;
            case DataType.Uint32:
                var longs = MemoryMarshal.Cast<byte, long>(target);
                for (int i = 0; i < longs.Length; i++) longs[i] = BinaryPrimitives.ReadUInt32LittleEndian(data[(4 * i)..]);
                break;
            case DataType.Bool:
                // libtorch takes any byte other than 0 and 1 for undefined behaviour.
                for (int i = 0; i < target.Length; i++) target[i] = data[i] != 0 ? (byte)1 : (byte)0;
                break;
            case DataType.Int4 or DataType.Uint4 or DataType.Int2 or DataType.Uint2:
                int bits = ElementTypes.Bits(type);
                bool signed = type is DataType.Int4 or DataType.Int2;
                for (int i = 0; i < target.Length; i++)
                {
                    int code = Code(data, bits, i);
                    target[i] = unchecked((byte)(signed && code >> (bits - 1) == 1 ? code - (1 << bits) : code));
                }

                break;
            case var _ when SmallFloats.Has(type):
                float[] values = SmallFloats.Values(type);
                var floats = MemoryMarshal.Cast<byte, float>(target);
                for (int i = 0; i < floats.Length; i++) floats[i] = values[Code(data, ElementTypes.Bits(type), i)];
                break;
            default:
                data.CopyTo(target);
                break;
        }
    }

    /// <summary>The bits of element <paramref name="index"/>; the first element lies in the low bits.</summary>
    private static int Code(ReadOnlySpan<byte> data, int bits, int index)
        => (data[(int)((long)index * bits / 8)] >> (int)((long)index * bits % 8)) & ((1 << bits) - 1);

    private static OnnxFormatException Error(TensorProto proto, string what, string problem)
        => new($"The {what} '{proto.Name}' {problem}.");
}
