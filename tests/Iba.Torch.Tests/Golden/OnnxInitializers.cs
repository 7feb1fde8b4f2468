using System.Buffers.Binary;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Reads the weights of an ONNX file, and nothing else of it: this project knows no ONNX importer.</summary>
internal static class OnnxInitializers
{
    /// <summary>The float32 weights with raw data, in the order of the file.</summary>
    public static IReadOnlyList<Tensor> Read(string path)
    {
        const int Graph = 7;
        const int Initializer = 5;
        var model = Fields(File.ReadAllBytes(path));
        return [.. model.Where(field => field.Number == Graph).SelectMany(graph => Fields(graph.Bytes))
            .Where(field => field.Number == Initializer).Select(initializer => Weight(initializer.Bytes))];
    }

    private static Tensor Weight(byte[] bytes)
    {
        const int Dimensions = 1;
        const int RawData = 9;
        var fields = Fields(bytes).ToArray();
        byte[] raw = fields.Single(field => field.Number == RawData).Bytes;
        long[] shape = [.. fields.Where(field => field.Number == Dimensions).Select(field => field.Value)];
        float[] values = [.. Enumerable.Range(0, raw.Length / 4).Select(i => BinaryPrimitives.ReadSingleLittleEndian(raw.AsSpan(4 * i)))];
        return tensor(values, shape);
    }

    /// <summary>The fields of a protobuf message.</summary>
    private static IEnumerable<(int Number, long Value, byte[] Bytes)> Fields(byte[] message)
    {
        for (int at = 0; at < message.Length;)
        {
            long key = Varint(message, ref at);
            int number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    yield return (number, Varint(message, ref at), []);
                    break;
                case 2:
                    int length = (int)Varint(message, ref at);
                    yield return (number, 0, message[at..(at + length)]);
                    at += length;
                    break;
                default:
                    throw new InvalidDataException($"Wire type {key & 7}.");
            }
        }
    }

    private static long Varint(byte[] message, ref int at)
    {
        long value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = message[at++];
            value |= (long)(part & 127) << shift;
            if (part < 128) return value;
        }
    }
}
