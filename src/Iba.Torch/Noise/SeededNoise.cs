using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// Noise from (seed, step) alone, drawn on the CPU so that every device sees the same, and kept between calls: it does not depend on
/// the image.
/// </summary>
/// <remarks>
/// The numbers are laid out <c>[positions..., K, C]</c> and their count is rounded up to whole blocks of 16, libtorch's unit of
/// normal numbers: a sequence of t positions sees the same noise alone as in a batch padded to more.
/// </remarks>
internal sealed class SeededNoise(long seed, NoiseKind kind = NoiseKind.Independent, long maxCachedBytes = 256L << 20) : NoiseSource
{
    private const long BlockOfNormals = 16;

    private readonly Dictionary<(int Step, int Copies), Tensor> _cache = [];
    private string? _cacheKey;
    private long _cachedBytes;

    public override Tensor Draw(
        int step, int copies, ReadOnlySpan<long> row, int channelDimension, ScalarType type, Device device, bool channelsLast = false)
    {
        string key = $"{Shapes.Format(row.ToArray())} {channelDimension} {type} {device} {channelsLast}";
        lock (_cache)
        {
            if (key != _cacheKey)
            {
                ClearCache();
                _cacheKey = key;
            }

            if (_cache.TryGetValue((step, copies), out var cached)) return cached.alias();
        }

        var noise = MemoryLayout.Dense(Copies(step, copies, row, channelDimension).to(type, device), channelsLast);
        Keep((step, copies), noise, key);
        return noise;
    }

    /// <summary>Keeps noise, unless another thread did so or asked for another shape meanwhile.</summary>
    private void Keep((int Step, int Copies) place, Tensor noise, string key)
    {
        long bytes = noise.numel() * noise.element_size();
        lock (_cache)
        {
            if (key != _cacheKey || _cachedBytes + bytes > maxCachedBytes || _cache.ContainsKey(place)) return;
            _cachedBytes += bytes;
            _cache.Add(place, noise.alias().DetachFromDisposeScope());
        }
    }

    private Tensor Copies(int step, int copies, ReadOnlySpan<long> row, int channelDimension)
    {
        if (kind == NoiseKind.Independent) return Generate(step, copies, row, channelDimension);
        using var scope = NewDisposeScope();
        var drawn = Generate(step, (copies + 1) / 2, row, channelDimension);
        return stack([drawn, drawn.neg()], 2).flatten(1, 2).narrow(1, 0, copies).MoveToOuterDisposeScope();
    }

    private Tensor Generate(int step, int copies, ReadOnlySpan<long> row, int channelDimension)
    {
        if (channelDimension == 0) return Generate(step, copies, [1, .. row], 1).squeeze(2);
        using var scope = NewDisposeScope();
        using var generator = new Generator(MixedSeed.Of(seed, step), CPU);
        int channel = channelDimension - 1;
        long channels = row[channel];
        long[] positions = row.ToArray().Where((_, dimension) => dimension != channel).ToArray();
        long count = positions.Aggregate(channels * copies, (product, size) => product * size);
        long whole = (count + BlockOfNormals - 1) / BlockOfNormals * BlockOfNormals;
        var noise = randn([whole], ScalarType.Float32, CPU, generator: generator)
            .narrow(0, 0, count)
            .view([.. positions, copies, channels]);
        return noise
            .movedim([positions.Length, positions.Length + 1], [0, channelDimension])
            .unsqueeze(0)
            .MoveToOuterDisposeScope();
    }

    private void ClearCache()
    {
        foreach (var noise in _cache.Values) noise.Dispose();
        _cache.Clear();
        _cachedBytes = 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) ClearCache();
        base.Dispose(disposing);
    }
}
