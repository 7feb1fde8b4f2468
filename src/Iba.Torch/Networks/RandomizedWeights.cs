using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The weights of a network that hold noise for the time being.</summary>
internal sealed class RandomizedWeights
{
    private readonly List<Noise> _active = [];

    /// <summary>Whether any weights hold noise.</summary>
    public bool Any => _active.Count > 0;

    /// <summary>Overwrites weights with noise until the result is disposed.</summary>
    /// <param name="weights">Tensors of a floating point type, each once.</param>
    /// <param name="seed">The seed of the generator that the noise of all of them is drawn from, in their order.</param>
    /// <param name="changed">Called after the weights have changed, and again after they are restored.</param>
    public IDisposable Randomize(IReadOnlyList<Tensor> weights, long seed, Action? changed)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator((ulong)seed, CPU);
        var noise = weights.Select(weight => Like(weight, generator)).ToArray();
        var saved = weights.Select(weight => (weight, weight.detach().clone().DetachFromDisposeScope())).ToList();
        var active = new Noise(this, saved, changed);
        _active.Add(active);
        foreach (var (weight, values) in weights.Zip(noise)) weight.copy_(values);
        changed?.Invoke();
        return active;
    }

    /// <summary>Restores everything.</summary>
    public void Restore()
    {
        while (_active.Count > 0) _active[^1].Dispose();
    }

    /// <summary>Drawn on the CPU in float32, so that it is the same for every device and nearly so for every floating point type.</summary>
    private static Tensor Like(Tensor weight, Generator generator)
    {
        using var scope = NewDisposeScope();
        var wide = weight.detach().cpu().to(ScalarType.Float64);
        double mean = wide.mean().item<double>(), deviation = wide.std(unbiased: false).item<double>();
        if (!double.IsFinite(mean) || !double.IsFinite(deviation))
        {
            throw new InvalidOperationException($"Weights {Shapes.Format(weight.shape)} hold values that are not finite: there is no noise like them.");
        }

        return randn(weight.shape, generator: generator).to(ScalarType.Float64).mul_(deviation).add_(mean)
            .to(weight.dtype).to(weight.device).MoveToOuterDisposeScope();
    }

    /// <summary>The values of some weights from before they held noise.</summary>
    private sealed class Noise(RandomizedWeights all, List<(Tensor Weight, Tensor Value)> saved, Action? changed) : IDisposable
    {
        public void Dispose()
        {
            int position = all._active.IndexOf(this);
            if (position < 0) return;
            all._active.RemoveAt(position);
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            foreach (var (weight, value) in saved)
            {
                // Noise on top of this one stays, and gives way to the values from before this one.
                if (all._active.Skip(position).FirstOrDefault(later => later.Holds(weight)) is { } later)
                {
                    later.Replace(weight, value);
                    continue;
                }

                if (!weight.IsInvalid) weight.copy_(value); // else its owner disposed it first
                value.Dispose();
            }

            changed?.Invoke();
        }

        private bool Holds(Tensor weight) => saved.Exists(pair => ReferenceEquals(pair.Weight, weight));

        private void Replace(Tensor weight, Tensor value)
        {
            int index = saved.FindIndex(pair => ReferenceEquals(pair.Weight, weight));
            saved[index].Value.Dispose();
            saved[index] = (weight, value);
        }
    }
}
