using Google.Protobuf;
using Google.Protobuf.Reflection;
using Iba.Onnx.Schema;
using TorchSharp;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>
/// Reads a model while it takes the data of large initializers and Constant nodes out of the stream and straight into tensors, so
/// that no weight is in memory twice. What is left of the message is small and goes to the protobuf parser; fields that this library does not
/// read are skipped.
/// </summary>
/// <param name="source">The file; buffered, since it is read byte by byte.</param>
/// <param name="weights">Where the weights are added, by name.</param>
/// <param name="limits">The limits.</param>
internal sealed class WeightExtraction(Stream source, Dictionary<string, TensorValue> weights, FileLimits limits)
{
    private const int LargeInBytes = 1024;

    /// <summary>As deep as the protobuf parser goes.</summary>
    private const int DeepestMessage = 100;

    private readonly WireReader _wire = new(source, limits);
    private int _fields;
    private bool _isWeight;
    private DataType _type;
    private torch.Tensor? _data;

    /// <summary>Where weights may lie; all else is other.</summary>
    private enum Place
    {
        Other,
        Model,
        Graph,
        Node,
        Attribute,
        Tensor,
    }

    /// <exception cref="InvalidProtocolBufferException">The stream is no protobuf message.</exception>
    /// <exception cref="OnnxFormatException">It is damaged, or beyond the limits.</exception>
    public ModelProto Read()
    {
        using var rest = new MemoryStream();
        Copy(Place.Model, ModelProto.Descriptor, depth: 1, _wire.Left, rest);
        rest.Position = 0;
        return ModelProto.Parser.ParseFrom(rest);
    }

    /// <summary>The file's first bytes, whether they were read already or not.</summary>
    public ReadOnlySpan<byte> FirstBytes() => _wire.FirstBytes();

    /// <summary>Copies the fields of a message that its description has, without large data.</summary>
    private void Copy(Place place, MessageDescriptor message, int depth, long length, MemoryStream target)
    {
        if (depth > DeepestMessage) throw WireReader.Damaged($"its messages lie more than {DeepestMessage} deep in each other");
        while (length > 0)
        {
            if (!_wire.TryReadVarint(out ulong tag, ref length))
            {
                if (place == Place.Model) return;
                throw WireReader.Truncated();
            }

            if (tag >> 3 is 0 or > int.MaxValue) throw WireReader.Damaged($"it has a field of the number {tag >> 3}");
            var field = message.FindFieldByNumber((int)(tag >> 3));
            var kept = field == null ? null : target;
            if (kept != null) _wire.WriteVarint(kept, tag);
            switch (tag & 7)
            {
                case 0:
                    ulong value = _wire.ReadVarint(ref length);
                    if ((place, tag >> 3) is (Place.Tensor, TensorProto.DataTypeFieldNumber)) _type = (DataType)value;
                    if (kept != null) _wire.WriteVarint(kept, value);
                    break;
                case 1:
                    _wire.Move(8, ref length, kept);
                    break;
                case 5:
                    _wire.Move(4, ref length, kept);
                    break;
                case 2:
                    long size = (long)_wire.ReadVarint(ref length);
                    if (size < 0 || size > length) throw WireReader.Truncated();
                    length -= size;
                    if (field == null) _wire.Move(size, ref size, null);
                    else CopyField(place, field, depth, size, target);
                    break;
                default:
                    throw WireReader.Damaged("it has a field of an unknown kind");
            }
        }
    }

    /// <summary>Copies a field with a length, whose tag is written already.</summary>
    private void CopyField(Place place, FieldDescriptor field, int depth, long size, MemoryStream target)
    {
        // The parser makes objects of fields that may be two bytes each.
        if (++_fields > limits.MaximumGraphFields) throw FileLimits.Exceeded($"{limits.MaximumGraphFields} fields", nameof(limits.MaximumGraphFields));

        if (field.FieldType == FieldType.Message)
        {
            var part = Inside(place, field.FieldNumber);
            using var inner = new MemoryStream();
            if (place == Place.Graph) (_isWeight, _type, _data) = (part == Place.Tensor, DataType.Undefined, null);
            Copy(part, field.MessageType, depth + 1, size, inner);
            if (place == Place.Graph && _data is not null) Take(_data, part, inner);
            _wire.WriteVarint(target, (ulong)inner.Length);
            inner.WriteTo(target);
        }
        else if (place == Place.Tensor && _isWeight && size >= LargeInBytes && IsRaw(field.FieldNumber))
        {
            _data = RawData.Read(source, size, _type) ?? throw WireReader.Truncated();
            _wire.WriteVarint(target, 0);
        }
        else
        {
            _wire.WriteVarint(target, (ulong)size);
            int start = (int)target.Length;
            _wire.Move(size, ref size, target);
            if ((place, field.FieldNumber) is (Place.Node, NodeProto.OpTypeFieldNumber)) _isWeight = Written(target)[start..].SequenceEqual("Constant"u8);
        }
    }

    /// <summary>The place inside a field, which is a message.</summary>
    private static Place Inside(Place place, int field) => (place, field) switch
    {
        (Place.Model, ModelProto.GraphFieldNumber) => Place.Graph,
        (Place.Graph, GraphProto.InitializerFieldNumber) => Place.Tensor,
        (Place.Graph, GraphProto.NodeFieldNumber) => Place.Node,
        (Place.Node, NodeProto.AttributeFieldNumber) => Place.Attribute,
        (Place.Attribute, AttributeProto.TFieldNumber) => Place.Tensor,
        _ => Place.Other,
    };

    /// <summary>Whether a field holds raw data, or floats, which are packed into the same bytes.</summary>
    private bool IsRaw(int field) => (field, _type) is (TensorProto.RawDataFieldNumber, _)
        or (TensorProto.FloatDataFieldNumber, DataType.Float) or (TensorProto.DoubleDataFieldNumber, DataType.Double);

    /// <summary>Makes the data of an initializer or a Constant node a weight, or puts them back.</summary>
    private void Take(torch.Tensor data, Place kind, MemoryStream message)
    {
        IMessage whole;
        if (kind == Place.Tensor)
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
}
