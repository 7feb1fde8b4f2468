using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The weights of a module's parts: the modules inside it with what they own themselves, and the module itself, whose path is "".</summary>
internal static class ModuleWeights
{
    /// <summary>The paths of the parts with parameters, in the order of their first calls. A part that no call shows follows the part that was registered before it.</summary>
    /// <param name="module">The module.</param>
    /// <param name="calls">The modules in the order of their first calls.</param>
    public static string[] Parts(nn.Module module, IReadOnlyList<nn.Module> calls)
    {
        var parts = new List<(string Path, int Order)>();
        int order = -1;
        foreach (var (path, part) in Modules(module))
        {
            int call = IndexOf(calls, part);
            if (call >= 0) order = call;
            if (OfPart(part).Length > 0) parts.Add((path, order));
        }

        return parts.OrderBy(part => part.Order).Select(part => part.Path).ToArray();
    }

    /// <summary>The floating point parameters that a part owns itself.</summary>
    public static IReadOnlyList<Tensor> OfPart(nn.Module module, string path) => OfPart(Modules(module).First(part => part.Path == path).Module);

    /// <summary>
    /// The parameters and buffers of a module's head, by their names: all but those that belong to parts which are first called in the tail.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="tail">The parts that are first called in the tail.</param>
    public static IEnumerable<(string Name, Tensor Value)> OfHead(nn.Module module, IEnumerable<nn.Module> tail)
    {
        var behind = tail.ToHashSet<nn.Module>(ReferenceEqualityComparer.Instance);
        return Modules(module).Where(part => !behind.Contains(part.Module)).SelectMany(part => part.Module.named_parameters(recurse: false)
            .Select(named => (named.name, (Tensor)named.parameter))
            .Concat(part.Module.named_buffers(recurse: false).Select(named => (named.name, named.buffer)))
            .Select(named => ($"{part.Path}.{named.Item1}", named.Item2)));
    }

    /// <summary>Every module by its path, the outermost first; one with several paths goes by the first.</summary>
    public static IEnumerable<(string Path, nn.Module Module)> Modules(nn.Module root)
        => root.named_modules().Select(named => (Path: named.name, Module: named.module)).Prepend((Path: "", Module: root))
            .DistinctBy(named => named.Module, ReferenceEqualityComparer.Instance);

    private static Tensor[] OfPart(nn.Module module)
        => module.named_parameters(recurse: false).Select(named => (Tensor)named.parameter)
            .Where(weight => weight.is_floating_point() && weight.numel() > 0)
            .Distinct<Tensor>(ReferenceEqualityComparer.Instance).ToArray();

    private static int IndexOf(IReadOnlyList<nn.Module> modules, nn.Module module)
    {
        for (int i = 0; i < modules.Count; i++)
        {
            if (ReferenceEquals(modules[i], module)) return i;
        }

        return -1;
    }
}
