using System.Security.Cryptography;

namespace Iba.MLNet;

/// <summary>Passes bytes on to a stream, or from it, and hashes them on the way, so that damage shows where every value is a possible one.</summary>
/// <param name="stream">The stream; left open.</param>
internal sealed class HashedStream(Stream stream) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public override bool CanRead => stream.CanRead;

    public override bool CanWrite => stream.CanWrite;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes the hash (SHA-256) of what was written so far.</summary>
    public void WriteHash() => stream.Write(_hash.GetCurrentHash());

    /// <summary>Reads the hash that should follow what was read so far.</summary>
    /// <exception cref="InvalidDataException">It is another one.</exception>
    /// <exception cref="EndOfStreamException">It is not there.</exception>
    public void CheckHash()
    {
        byte[] found = new byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(found);
        if (!_hash.GetCurrentHash().AsSpan().SequenceEqual(found)) throw new InvalidDataException("The bytes are not those that were written.");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read = stream.Read(buffer);
        _hash.AppendData(buffer[..read]);
        return read;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        stream.Write(buffer);
        _hash.AppendData(buffer);
    }

    public override void Flush() => stream.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _hash.Dispose();
        base.Dispose(disposing);
    }
}
