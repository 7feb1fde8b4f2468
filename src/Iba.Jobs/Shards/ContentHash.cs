using System.Security.Cryptography;

namespace Iba.Jobs;

/// <summary>The hash of rows as they are, whatever file holds them.</summary>
internal sealed class ContentHash : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MemoryStream _bytes = new();
    private readonly BinaryWriter _writer;

    public ContentHash() => _writer = new BinaryWriter(_bytes);

    /// <summary>Adds a row.</summary>
    public void Add(JobRow row)
    {
        row.Write(_writer);
        _writer.Flush();
        _hash.AppendData(_bytes.GetBuffer(), 0, (int)_bytes.Length);
        _bytes.SetLength(0);
    }

    /// <summary>The hash so far, 64 hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public void Dispose()
    {
        _hash.Dispose();
        _writer.Dispose();
    }
}
