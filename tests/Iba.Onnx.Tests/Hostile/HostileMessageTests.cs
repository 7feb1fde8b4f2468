using Google.Protobuf;
using Iba.Onnx.Schema;
using static Iba.Onnx.Tests.TestModel;

namespace Iba.Onnx.Tests;

/// <summary>Files that are wrong, or too much, as messages, whatever network they hold.</summary>
public class HostileMessageTests
{
    private const int UnknownField = 99;

    [Fact]
    public void A_field_of_number_0_is_refused()
    {
        byte[] file = [.. Classifier().ToByteArray(), 0x02, 0x00];
        Assert.Contains("field of the number 0", Refusal(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Zeros_are_refused_at_the_first_one()
        => Assert.Contains("field of the number 0", Refusal(new byte[1 << 20]), StringComparison.Ordinal);

    [Fact]
    public void Unknown_fields_are_skipped_without_copying()
    {
        byte[] file = [.. Classifier().ToByteArray(), .. Field(UnknownField, new byte[32 << 20])];
        using var stream = new MemoryStream(file);
        OnnxNetwork.Load(new MemoryStream(Classifier().ToByteArray())).Dispose();
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var network = OnnxNetwork.Load(stream);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        using var saved = new MemoryStream();
        network.Save(saved);
        Assert.InRange(saved.Length, 1, 1024);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_length_beyond_the_file_is_refused_before_memory_is_taken(bool seekable)
    {
        byte[] file = [.. Classifier().ToByteArray(), .. Tag(2), .. Varint(1L << 30), 1, 2, 3];
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<OnnxFormatException>(
            () => OnnxNetwork.Load(seekable ? new MemoryStream(file) : new System.IO.Compression.BrotliStream(Compressed(file), System.IO.Compression.CompressionMode.Decompress)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        Assert.Contains("ends too early", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_deep_in_each_other_are_refused()
    {
        // A sequence of sequences of ..., as the type of an input.
        byte[] type = [];
        for (int i = 0; i < 200; i++) type = Field(TypeProto.SequenceTypeFieldNumber, Field(TypeProto.Types.Sequence.ElemTypeFieldNumber, type));
        byte[] graph = Field(GraphProto.InputFieldNumber, Field(ValueInfoProto.TypeFieldNumber, type));
        byte[] file = [.. Classifier().ToByteArray(), .. Field(ModelProto.GraphFieldNumber, graph)];
        Assert.Contains("more than 100 deep", Refusal(file), StringComparison.Ordinal);
    }

    [Fact]
    public void What_lies_beside_the_weights_is_bounded()
    {
        var model = Classifier();
        model.ProducerName = new string('x', 5000);
        byte[] file = model.ToByteArray();
        string message = Refusal(file, new OnnxNetworkOptions { MaximumGraphBytes = 4096 });
        Assert.Contains("more than 4096 bytes beside its large weights", message, StringComparison.Ordinal);
        Assert.Contains("MaximumGraphBytes", message, StringComparison.Ordinal);
        OnnxNetwork.Load(new MemoryStream(file), new OnnxNetworkOptions { MaximumGraphBytes = 6000 }).Dispose();
    }

    [Fact]
    public void The_number_of_fields_is_bounded()
    {
        // Two bytes each, and an object each.
        byte[] nodes = Enumerable.Repeat(Field(GraphProto.NodeFieldNumber, []), 1000).SelectMany(bytes => bytes).ToArray();
        byte[] file = [.. Classifier().ToByteArray(), .. Field(ModelProto.GraphFieldNumber, nodes)];
        string message = Refusal(file, new OnnxNetworkOptions { MaximumGraphFields = 900 });
        Assert.Contains("more than 900 fields", message, StringComparison.Ordinal);
        Assert.Contains("MaximumGraphFields", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Limits_below_1_are_refused(int limit)
    {
        byte[] file = Classifier().ToByteArray();
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxNetwork.Load(new MemoryStream(file), new OnnxNetworkOptions { MaximumGraphBytes = limit }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxNetwork.Load(new MemoryStream(file), new OnnxNetworkOptions { MaximumGraphFields = limit }));
    }

    private static string Refusal(byte[] file, OnnxNetworkOptions? options = null)
        => Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(new MemoryStream(file), options ?? new())).Message;

    private static byte[] Field(int number, byte[] content) => [.. Tag(number), .. Varint(content.Length), .. content];

    private static byte[] Tag(int number) => Varint(((long)number << 3) | 2);

    private static byte[] Varint(long value)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true)) output.WriteInt64(value);
        return stream.ToArray();
    }

    private static MemoryStream Compressed(byte[] file)
    {
        var stream = new MemoryStream();
        using (var brotli = new System.IO.Compression.BrotliStream(stream, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true)) brotli.Write(file);
        stream.Position = 0;
        return stream;
    }
}
