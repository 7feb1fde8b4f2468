namespace Iba.MLNet;

/// <summary>Writes what <see cref="SettingsReader"/> reads.</summary>
internal static class SettingsWriting
{
    public static void WriteText(this BinaryWriter writer, string? text)
    {
        writer.Write(text != null);
        if (text != null) writer.Write(text);
    }

    public static void WriteShape(this BinaryWriter writer, IReadOnlyList<long> shape)
    {
        writer.Write(shape.Count);
        foreach (long size in shape) writer.Write(size);
    }
}
