using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The memory of what modules compute.</summary>
internal static class ModuleMemory
{
    /// <summary>The bytes of the results of all modules that turn one tensor into one tensor, while something runs.</summary>
    /// <param name="module">The network.</param>
    /// <param name="counts">Whether a result counts, asked when it is there.</param>
    /// <param name="run">Runs the network.</param>
    public static long OfResults(nn.Module module, Func<bool> counts, Func<Tensor> run)
    {
        long bytes = 0;
        Tensor? last = null;
        var parts = ModuleProbe.TensorModules(module).Select(part => part.Module).ToHashSet<nn.Module>(ReferenceEqualityComparer.Instance);
        ModulePass.Run(run, (part, _, result) =>
        {
            if (!parts.Contains(part)) return result;
            // A container hands on the result of its last module.
            if (counts() && !ReferenceEquals(result, last)) bytes += result.numel() * result.element_size();
            last = result;
            return result;
        });
        return bytes;
    }
}
