using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A network's module and all modules in it. While any network uses one of them it is to be in evaluation mode, and its weights take no
/// gradients; the last network that leaves restores what the first one found.
/// </summary>
internal sealed class ModuleParts
{
    private readonly nn.Module _root;
    private readonly (nn.Module Module, ModulePart Part)[] _parts; // parents before their children

    public ModuleParts(nn.Module root)
    {
        _root = root;
        _parts = ModuleWeights.Modules(root).Select(named => (named.Module, ModulePart.Of(named.Module))).ToArray();
        Access = new NetworkAccess(_parts.Select(used => used.Part).OrderBy(part => part.Number));
        using (Access.Enter())
        {
            foreach (var (module, part) in _parts) part.Join(module);
            Freeze();
        }
    }

    /// <summary>Networks that share one of the modules take turns.</summary>
    public NetworkAccess Access { get; }

    /// <summary>Puts the modules into evaluation mode, without gradients for their weights.</summary>
    public void Freeze()
    {
        _root.eval();
        foreach (var parameter in _root.parameters())
        {
            if (parameter.requires_grad) parameter.requires_grad = false;
        }
    }

    /// <summary>Lets passes see modules that were added since.</summary>
    public void HookAll()
    {
        foreach (var (_, module) in ModuleWeights.Modules(_root)) ModulePart.Of(module);
    }

    /// <summary>
    /// Checks that nobody has undone <see cref="Freeze"/>. It is not done again: whoever trains the module now would get an untrained one, and
    /// we the results of weights that change.
    /// </summary>
    /// <exception cref="InvalidOperationException">A module is in training mode, or weights take gradients.</exception>
    public void CheckFrozen()
    {
        if (_root.training || _root.modules().Any(module => module.training))
        {
            string path = ModuleWeights.Modules(_root).First(named => named.Module.training).Path;
            throw new InvalidOperationException(
                $"{(path.Length == 0 ? "The module" : $"'{path}'")} was put into training mode, in which it cannot be explained: call eval() on the " +
                "module first; to train it, dispose the network before and make a new one after.");
        }

        if (_root.parameters().Any(parameter => parameter.requires_grad))
        {
            string name = _root.named_parameters().First(named => named.parameter.requires_grad).name;
            throw new InvalidOperationException(
                $"The weights '{name}' take gradients again, to which explaining would add: set their requires_grad to false first; to train them, " +
                "dispose the network before and make a new one after.");
        }
    }

    /// <summary>Ends the use of the modules.</summary>
    public void Leave()
    {
        foreach (var (_, part) in _parts) part.Leave();
        foreach (var (module, part) in _parts) part.Restore(module);
    }
}
