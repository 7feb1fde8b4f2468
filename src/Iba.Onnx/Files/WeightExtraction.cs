using Google.Protobuf;
using Iba.Onnx.Schema;
using TorchSharp;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>
/// Reads a model while it takes the data of large initializers and Constant nodes out of the stream and straight into tensors, so
/// that no weight is in memory twice. What is left of the message is small and goes to the protobuf parser.
/// </summary>
/// <param name="source">The file; buffered, since it is read byte by byte.</param>
/// <param name="weights">Where the weights are added, by name.</param>
internal sealed class WeightExtraction(Stream source, Dictionary<string, TensorValue> weights)
{
    private const int LargeInBytes = 1024;
    private bool _isWeight;
    private DataType _type;
    private torch.Tensor? _data;

    private enum Message
    {
        Model,
        Graph,
        Node,
        Attribute,
        Tensor,
    }

    /// <exception cref="InvalidProtocolBufferException">The stream is no protobuf message.</exception>
    public ModelProto Read()
    {
        using var rest = new MemoryStream();
        Copy(Message.Model, long.MaxValue, rest);
        rest.Position = 0;
        return ModelProto.Parser.ParseFrom(rest);
    }

    /// <summary>Copies the fields of a message without large data.</summary>
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
                    ulong value = ReadVarint(ref length);
                    if ((message, tag >> 3) is (Message.Tensor, TensorProto.DataTypeFieldNumber)) _type = (DataType)value;
                    WriteVarint(target, value);
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
        if (Inside(message, field) is { } part)
        {
            using var inner = new MemoryStream();
            if (message == Message.Graph) (_isWeight, _type, _data) = (part == Message.Tensor, DataType.Undefined, null);
            Copy(part, size, inner);
            if (message == Message.Graph && _data is not null) Take(_data, part, inner);
            WriteVarint(target, (ulong)inner.Length);
            inner.WriteTo(target);
        }
        else if (message == Message.Tensor && _isWeight && size >= LargeInBytes && IsRaw(field))
        {
            _data = RawData.Read(source, size, _type) ?? throw Truncated();
            WriteVarint(target, 0);
        }
        else
        {
            WriteVarint(target, (ulong)size);
            int start = (int)target.Length;
            CopyBytes(size, ref size, target);
            if ((message, field) is (Message.Node, NodeProto.OpTypeFieldNumber)) _isWeight = Written(target)[start..].SequenceEqual("Constant"u8);
        }
    }

    /// <summary>The kind of message that a field is, where it may hold weights.</summary>
    private static Message? Inside(Message message, int field) => (message, field) switch
    {
        (Message.Model, ModelProto.GraphFieldNumber) => Message.Graph,
        (Message.Graph, GraphProto.InitializerFieldNumber) => Message.Tensor,
        (Message.Graph, GraphProto.NodeFieldNumber) => Message.Node,
        (Message.Node, NodeProto.AttributeFieldNumber) => Message.Attribute,
        (Message.Attribute, AttributeProto.TFieldNumber) => Message.Tensor,
        _ => null,
    };

    /// <summary>Whether a field holds raw data, or floats, which are packed into the same bytes.</summary>
    private bool IsRaw(int field) => (field, _type) is (TensorProto.RawDataFieldNumber, _)
        or (TensorProto.FloatDataFieldNumber, DataType.Float) or (TensorProto.DoubleDataFieldNumber, DataType.Double);

    /// <summary>Makes the data of an initializer or a Constant node a weight, or puts them back.</summary>
    private void Take(torch.Tensor data, Message kind, MemoryStream message)
    {
        IMessage whole;
        if (kind == Message.Tensor)
        {
            var initializer = TensorProto.Parser.ParseFrom(Written(message));
            if (RawData.Take(data, initializer, initializer.Name, weights)) return;
            whole = initializer;
        }
        else
        {
            var node = NodeProto.Parser.ParseFrom(Written(message));
            var value = ConstantNode.Value(node) ?? throw new OnnxFormatException($"The Constant node '{node.Name}' does not have one value and one output.");
            if (RawData.Take(data, value, node.Output[0], weights)) return;
            whole = node;
        }

        message.SetLength(0);
        whole.WriteTo(message);
    }

    private static ReadOnlySpan<byte> Written(MemoryStream stream) => stream.GetBuffer().AsSpan(0, (int)stream.Length);

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
