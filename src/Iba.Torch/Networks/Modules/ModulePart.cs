using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>What the networks around a module share, also those around a module that it is a part of: its hooks, and what it was before them.</summary>
internal sealed class ModulePart
{
    private static readonly ConditionalWeakTable<nn.Module, ModulePart> Known = [];
    private static long _made;

    private int _users;
    private bool _wasTraining;
    private Dictionary<string, bool> _hadGradient = [];

    private ModulePart(long number) => Number = number;

    /// <summary>Tells the order in which parts are locked.</summary>
    public long Number { get; }

    /// <summary>The one of a module.</summary>
    public static ModulePart Of(nn.Module module)
    {
        lock (Known)
        {
            if (Known.TryGetValue(module, out var known)) return known;
            if (module is nn.Module<Tensor, Tensor> called) ModulePass.Hook(called);
            var part = new ModulePart(_made++);
            Known.Add(module, part);
            return part;
        }
    }

    /// <summary>A network comes to use the module. The first remembers what it is like.</summary>
    public void Join(nn.Module module)
    {
        if (_users++ > 0) return;
        _wasTraining = module.training;
        _hadGradient = module.named_parameters(recurse: false).ToDictionary(named => named.name, named => named.parameter.requires_grad);
    }

    /// <summary>A network leaves the module.</summary>
    public void Leave() => _users--;

    /// <summary>Gives a module that no network uses the mode that it had; one that networks use stays in evaluation mode.</summary>
    public void Restore(nn.Module module)
    {
        bool training = _users == 0 && _wasTraining;
        // Sets those of its parts as well: their turn comes after.
        if (module.training != training) module.train(training);
        if (_users > 0) return;
        foreach (var (name, parameter) in module.named_parameters(recurse: false))
        {
            if (_hadGradient.TryGetValue(name, out bool gradient) && parameter.requires_grad != gradient) parameter.requires_grad = gradient;
        }
    }
}
