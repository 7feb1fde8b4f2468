using static TorchSharp.torch;

namespace Iba.Tests;

/// <summary>Weights that do not depend on libtorch's own generator, which draws other ones in each process.</summary>
internal static class SeededWeights
{
    /// <summary>Draws all parameters anew, those of several dimensions of the size at which activations keep theirs.</summary>
    public static T Seeded<T>(this T module, ulong seed = 7) where T : nn.Module
    {
        using var generator = new Generator(seed);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var (_, parameter) in module.named_parameters())
        {
            double scale = parameter.dim() > 1 ? Math.Sqrt(2.0 * parameter.shape[0] / parameter.numel()) : 0.1;
            parameter.copy_(randn(parameter.shape, generator: generator) * scale);
        }

        return module;
    }
}
