using ParquetSharp;
using ParquetSharp.Schema;

namespace Iba.Jobs;

/// <summary>The columns of shards and of the result, and how they are written: one form for both, or merging would change bytes.</summary>
internal static class ResultColumns
{
    public const string Heatmap = "heatmap";

    private const int CompressionLevel = 1;
    private const string HeatmapLeaf = $"{Heatmap}.list.element";

    /// <summary>The columns, in order.</summary>
    public static GroupNode Schema() => new("schema", Repetition.Required, [
        Leaf("row", Repetition.Required, PhysicalType.Int64),
        Text("uri", Repetition.Required),
        Leaf("target", Repetition.Optional, PhysicalType.Int32),
        Text("target_name", Repetition.Optional),
        Leaf("predicted", Repetition.Optional, PhysicalType.Int32),
        Leaf("probability", Repetition.Optional, PhysicalType.Float),
        Leaf("probability_with_bottleneck", Repetition.Optional, PhysicalType.Float),
        Leaf("bits", Repetition.Optional, PhysicalType.Float),
        List("map_shape", PhysicalType.Int32),
        List("input_shape", PhysicalType.Int32),
        List(Heatmap, PhysicalType.Float),
        Text("failure", Repetition.Optional),
    ]);

    /// <summary>Settings of the writer: maps have no values twice, so that a dictionary only costs; bytes of equal weight lie beside each other.</summary>
    public static WriterProperties Properties()
    {
        using var builder = new WriterPropertiesBuilder();
        return builder.Compression(Compression.Zstd).CompressionLevel(CompressionLevel)
            .DisableDictionary(HeatmapLeaf).Encoding(HeatmapLeaf, Encoding.ByteStreamSplit).DisableStatistics(HeatmapLeaf)
            .Build();
    }

    private static PrimitiveNode Leaf(string name, Repetition repetition, PhysicalType type) => new(name, repetition, LogicalType.None(), type);

    private static PrimitiveNode Text(string name, Repetition repetition) => new(name, repetition, LogicalType.String(), PhysicalType.ByteArray);

    private static GroupNode List(string name, PhysicalType type)
        => new(name, Repetition.Optional, [new GroupNode("list", Repetition.Repeated, [Leaf("element", Repetition.Required, type)])], LogicalType.List());
}
