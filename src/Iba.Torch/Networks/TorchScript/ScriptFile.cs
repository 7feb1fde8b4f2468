namespace Iba.Torch;

/// <summary>The saved form of a <see cref="TorchScriptNetwork"/>: the files as they are.</summary>
/// <remarks>
/// *** Binary format (version 1) ***
/// string: "iba-torchscript"
/// int32: version
/// int32: the input's element type; int32: number of dimensions; int64 each: the dimensions, batch first
/// int32: output kind
/// int32: number of files, 1 or 2
/// for each: string: name ("", "head" or "tail"); int32: length; the bytes
/// </remarks>
internal static class ScriptFile
{
    private const string Signature = "iba-torchscript";
    private const int Version = 1;
    private const int PieceLength = 1 << 20;

    public static void Write(Stream stream, IReadOnlyList<(string Name, byte[] Bytes)> files, NetworkInput input, OutputKind output)
        => NetworkFile.Write(stream, Signature, Version, writer =>
        {
            NetworkInputs.Write(writer, input);
            NetworkFile.Write(writer, output);
            writer.Write(files.Count);
            foreach (var (name, bytes) in files)
            {
                writer.Write(name);
                writer.Write(bytes.Length);
                writer.Write(bytes);
            }
        });

    public static TorchScriptNetwork Read(Stream stream) => NetworkFile.Read(stream, Signature, Version, "TorchScript network", reader =>
    {
        var input = NetworkInputs.Read(reader);
        var output = NetworkFile.ReadOutput(reader);
        int count = reader.ReadInt32();
        if (count is < 1 or > 2) throw new InvalidDataException("The saved TorchScript network is damaged.");
        return new TorchScriptNetwork(Enumerable.Range(0, count).Select(_ => ReadFile(reader)).ToArray(), input, output);
    });

    private static (string Name, byte[] Bytes) ReadFile(BinaryReader reader)
    {
        string name = reader.ReadString();
        using var bytes = new MemoryStream();
        // In pieces: a damaged length must not ask for gigabytes.
        for (int left = reader.ReadInt32(); left != 0;)
        {
            byte[] piece = reader.ReadBytes(Math.Min(left, PieceLength));
            if (piece.Length == 0) throw new EndOfStreamException();
            bytes.Write(piece);
            left -= piece.Length;
        }

        return (name, bytes.ToArray());
    }
}
