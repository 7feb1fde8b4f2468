using Google.Protobuf;
using Iba.Onnx.Operators;
using Iba.Onnx.Schema;

namespace Iba.Onnx;

/// <summary>
/// Reads a model while it takes the raw data of large initializers out of the stream and into tensors, one at a time, so that no
/// weight is in memory twice. What is left of the message is small and goes to the protobuf parser.
/// </summary>
/// <param name="source">The file; buffered, since it is read byte by byte.</param>
/// <param name="weights">Where the weights are added, by name.</param>
internal sealed class WeightExtraction(Stream source, Dictionary<string, TensorValue> weights)
{
    private const int LargeInBytes = 1024;
    private const int ChunkInBytes = 1 << 20;
    private byte[] _raw = [];
    private int _rawLength;

    private enum Message
    {
        Model,
        Graph,
        Initializer,
    }

    /// <exception cref="InvalidProtocolBufferException">The stream is no protobuf message.</exception>
    public ModelProto Read()
    {
        using var rest = new MemoryStream();
        Copy(Message.Model, long.MaxValue, rest);
        rest.Position = 0;
        return ModelProto.Parser.ParseFrom(rest);
    }

    /// <summary>Copies the fields of a message without the large raw data.</summary>
    private void Copy(Message message, long length, MemoryStream target)
    {
        while (length > 0)
        {
            if (!TryReadVarint(out ulong tag, ref length))
            {
                if (message == Message.Model) return;
                throw Truncated();
            }

            WriteVarint(target, tag);
            switch (tag & 7)
            {
                case 0:
                    WriteVarint(target, ReadVarint(ref length));
                    break;
                case 1:
                    CopyBytes(8, ref length, target);
                    break;
                case 5:
                    CopyBytes(4, ref length, target);
                    break;
                case 2:
                    long size = (long)ReadVarint(ref length);
                    if (size < 0 || size > length) throw Truncated();
                    CopyField(message, (int)(tag >> 3), size, target);
                    length -= size;
                    break;
                default:
                    throw new OnnxFormatException("The file is no ONNX file, or it is damaged: it has a field of an unknown kind.");
            }
        }
    }

    /// <summary>Copies a field with a length, whose tag is written already.</summary>
    private void CopyField(Message message, int field, long size, MemoryStream target)
    {
        if ((message, field) is (Message.Model, ModelProto.GraphFieldNumber) or (Message.Graph, GraphProto.InitializerFieldNumber))
        {
            using var inner = new MemoryStream();
            _rawLength = 0;
            Copy(message + 1, size, inner);
            if (message == Message.Graph && _rawLength > 0) Take(inner);
            WriteVarint(target, (ulong)inner.Length);
            inner.WriteTo(target);
        }
        else if (message == Message.Initializer && field == TensorProto.RawDataFieldNumber && size >= LargeInBytes)
        {
            ReadRaw(size);
            WriteVarint(target, 0);
        }
        else
        {
            WriteVarint(target, (ulong)size);
            CopyBytes(size, ref size, target);
        }
    }

    /// <summary>Makes the raw data a weight, or puts it back where it cannot be one.</summary>
    private void Take(MemoryStream initializer)
    {
        var proto = TensorProto.Parser.ParseFrom(initializer.GetBuffer().AsSpan(0, (int)initializer.Length));
        proto.RawData = UnsafeByteOperations.UnsafeWrap(_raw.AsMemory(0, _rawLength));
        var type = (TensorProto.Types.DataType)proto.DataType;
        if (proto.DataLocation == TensorProto.Types.DataLocation.Default && ElementTypes.Storage(type) != null && !NarrowTypes.IsWidened(type)
            && !weights.ContainsKey(proto.Name))
        {
            var weight = TensorReader.ReadValue(proto, "initializer");
            weight.Tensor.DetachFromDisposeScope();
            weights.Add(proto.Name, weight);
        }
        else
        {
            initializer.SetLength(0);
            proto.WriteTo(initializer);
        }

        _rawLength = 0;
    }

    private void ReadRaw(long size)
    {
        if (size > Array.MaxLength) throw new OnnxFormatException($"An initializer claims {size} bytes; at most {Array.MaxLength} are read.");
        _rawLength = 0;
        bool isThere = source.CanSeek && size <= source.Length - source.Position;
        while (_rawLength < size)
        {
            // Where the stream's length is not known, the size is a claim until the bytes have come.
            int wanted = isThere ? (int)size : (int)Math.Min(size, Math.Max(_rawLength * 2L, ChunkInBytes));
            if (_raw.Length < wanted) Array.Resize(ref _raw, wanted);
            int count = source.ReadAtLeast(_raw.AsSpan(_rawLength, wanted - _rawLength), wanted - _rawLength, throwOnEndOfStream: false);
            if (count < wanted - _rawLength) throw Truncated();
            _rawLength = wanted;
        }
    }

    private void CopyBytes(long count, ref long length, MemoryStream target)
    {
        if (count > length) throw Truncated();
        length -= count;
        byte[] chunk = new byte[(int)Math.Min(count, 1 << 16)];
        while (count > 0)
        {
            int read = source.Read(chunk, 0, (int)Math.Min(count, chunk.Length));
            if (read == 0) throw Truncated();
            target.Write(chunk, 0, read);
            count -= read;
        }
    }

    private ulong ReadVarint(ref long length) => TryReadVarint(out ulong value, ref length) ? value : throw Truncated();

    private bool TryReadVarint(out ulong value, ref long length)
    {
        value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            int next = length-- > 0 ? source.ReadByte() : -1;
            if (next < 0) return shift == 0 ? false : throw Truncated();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return true;
        }

        throw new OnnxFormatException("The file is no ONNX file, or it is damaged: it has a number of more than 64 bits.");
    }

    private static void WriteVarint(MemoryStream target, ulong value)
    {
        for (; value >= 0x80; value >>= 7) target.WriteByte((byte)(value | 0x80));
        target.WriteByte((byte)value);
    }

    private static OnnxFormatException Truncated() => new("The file is no ONNX file, or it is damaged: it ends too early.");
}
