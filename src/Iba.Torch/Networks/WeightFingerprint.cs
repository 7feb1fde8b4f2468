using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>A SHA-256 over names, shapes, types and values, in the order in which they are added: the same on every device and in every process.</summary>
internal sealed class WeightFingerprint : IDisposable
{
    private const long MostElements = 1 << 26;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    /// <summary>Adds bytes with their number, so that neighbours cannot be mistaken for each other.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        _hash.AppendData(bytes);
    }

    public void Add(string name, Tensor weight)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Add(name);
        Add((int)weight.dtype);
        Add(weight.dim());
        foreach (long size in weight.shape) Add(size);
        // Parts of a large weight: one span holds 2 GiB at most.
        var values = weight.detach().cpu().contiguous().view(-1);
        for (long start = 0; start < values.numel(); start += MostElements)
        {
            Add(values.narrow(0, start, Math.Min(MostElements, values.numel() - start)).bytes);
        }
    }

    /// <summary>The hash, 64 hexadecimal digits.</summary>
    public string ToHex() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public void Dispose() => _hash.Dispose();

    private void Add(long number) => _hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in number)));
}
