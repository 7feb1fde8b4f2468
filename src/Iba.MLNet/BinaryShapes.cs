using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Shapes in model files.</summary>
internal static class BinaryShapes
{
    private const int MaximumRank = 16;

    public static void WriteShape(this BinaryWriter writer, IReadOnlyList<long> shape)
    {
        writer.Write(shape.Count);
        foreach (long size in shape) writer.Write(size);
    }

    public static long[] ReadShape(this BinaryReader reader, IExceptionContext context)
    {
        int rank = reader.ReadInt32();
        context.CheckDecode(rank is >= 0 and <= MaximumRank);
        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            shape[i] = reader.ReadInt64();
            context.CheckDecode(shape[i] is -1 or (> 0 and <= int.MaxValue));
        }

        return shape;
    }
}
