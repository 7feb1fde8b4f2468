using System.Collections.Concurrent;

namespace Iba.Torch;

/// <summary>The loaders of saved attribution methods, by <see cref="AttributionMethod.Name"/>.</summary>
public static class AttributionMethods
{
    private static readonly ConcurrentDictionary<string, Func<BinaryReader, AttributionMethod>> Loaders = new()
    {
        [PerSampleBottleneck.MethodName] = PerSampleBottleneck.Load,
        [ReadoutBottleneck.MethodName] = ReadoutBottleneck.Load,
        [Gradient.MethodName] = _ => new Gradient(),
        [GradientTimesInput.MethodName] = _ => new GradientTimesInput(),
        [IntegratedGradients.MethodName] = IntegratedGradients.Load,
        [SmoothGrad.MethodName] = SmoothGrad.Load,
        [GuidedBackpropagation.MethodName] = _ => new GuidedBackpropagation(),
        [GradCam.MethodName] = GradCam.Load,
        [GuidedGradCam.MethodName] = GuidedGradCam.Load,
        [LayerCam.MethodName] = LayerCam.Load,
        [Occlusion.MethodName] = Occlusion.Load,
        [Rise.MethodName] = Rise.Load,
        [RandomMap.MethodName] = RandomMap.Load,
        [CenteredGaussian.MethodName] = CenteredGaussian.Load,
        [SeveralMethods.MethodName] = SeveralMethods.Load,
    };

    /// <summary>The names of the methods that can be loaded.</summary>
    public static IReadOnlyCollection<string> Names => Loaders.Keys.Order(StringComparer.Ordinal).ToArray();

    /// <summary>Adds a method of your own, so that model files with it can be loaded. Needed once in every process that loads them.</summary>
    /// <param name="name">What <see cref="AttributionMethod.Name"/> returns.</param>
    /// <param name="load">Reads what <see cref="AttributionMethod.Save"/> wrote.</param>
    public static void Register(string name, Func<BinaryReader, AttributionMethod> load)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(load);
        Loaders[name] = load;
    }

    /// <summary>Makes the method of a name, with the options that were saved.</summary>
    /// <param name="name">A name out of <see cref="Names"/>.</param>
    /// <param name="reader">Where <see cref="AttributionMethod.Save"/> wrote; left open.</param>
    /// <exception cref="NotSupportedException">Nobody registered the name.</exception>
    public static AttributionMethod Load(string name, BinaryReader reader) => Loaders.TryGetValue(name, out var load)
        ? load(reader)
        : throw new NotSupportedException(
            $"No attribution method is named '{name}'. Known are: {string.Join(", ", Names)}. " +
            $"Call {nameof(AttributionMethods)}.{nameof(Register)} with its loader first.");
}
