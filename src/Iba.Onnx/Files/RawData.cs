using Google.Protobuf;
using Iba.Onnx.Schema;
using TorchSharp;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>Raw data of initializers, read from a stream straight into the memory of tensors, so that no weight is in memory twice.</summary>
internal static class RawData
{
    private const long FirstPartInBytes = 1 << 20;

    /// <summary>Reads raw data into a tensor <c>[elements]</c>, or <c>[bytes]</c> of uint8 where they are not as libtorch stores them.</summary>
    /// <param name="source">The stream, at the data's begin.</param>
    /// <param name="bytes">How long the data are.</param>
    /// <param name="type">The elements' type.</param>
    /// <returns>The tensor, in the caller's dispose scope; null where the stream ends before.</returns>
    /// <exception cref="OnnxFormatException">The data are too long.</exception>
    public static torch.Tensor? Read(Stream source, long bytes, DataType type)
    {
        if (bytes > Array.MaxLength) throw new OnnxFormatException($"An initializer claims {bytes} bytes; at most {Array.MaxLength} are read.");
        var storage = ElementTypes.SameStorage(type) ?? torch.uint8;
        int width = storage == torch.uint8 ? 1 : ElementTypes.Bits(type) / 8;
        if (bytes % width != 0) (storage, width) = (torch.uint8, 1);

        // Where the stream's length is not known, the size is a claim until the bytes have come.
        bool isThere = source.CanSeek && bytes <= source.Length - source.Position;
        var data = torch.empty((isThere ? bytes : Math.Min(bytes, FirstPartInBytes)) / width, dtype: storage);
        for (int read = 0; ;)
        {
            var rest = data.bytes[read..];
            if (source.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false) < rest.Length)
            {
                data.Dispose();
                return null;
            }

            read += rest.Length;
            if (read == bytes) return data;
            using var part = data;
            data = torch.empty(Math.Min(bytes, 2L * read) / width, dtype: storage);
            part.bytes.CopyTo(data.bytes);
        }
    }

    /// <summary>Makes data that were read a weight, or puts them into the message where they need decoding or do not fit.</summary>
    /// <param name="data">The data; disposed.</param>
    /// <param name="proto">The message.</param>
    /// <param name="name">The weight's name in the graph.</param>
    /// <param name="weights">Where the weight is added, by name.</param>
    /// <returns>Whether they are a weight now.</returns>
    public static bool Take(torch.Tensor data, TensorProto proto, string name, Dictionary<string, TensorValue> weights)
    {
        using (data)
        {
            if (data.dtype == ElementTypes.SameStorage((DataType)proto.DataType) && data.numel() == TensorReader.ElementCount(proto, "initializer")
                && proto.DataLocation == DataLocation.Default && !weights.ContainsKey(name))
            {
                weights.Add(name, new TensorValue(data.view(proto.Dims.ToArray()).DetachFromDisposeScope()));
                return true;
            }

            proto.RawData = ByteString.CopyFrom(data.bytes);
            return false;
        }
    }
}
