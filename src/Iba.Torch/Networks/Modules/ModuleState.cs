using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The training flags and <c>requires_grad</c> of a module, remembered so that they can be restored.</summary>
internal sealed class ModuleState
{
    private readonly nn.Module _module;
    private readonly bool _training;
    private readonly Dictionary<string, bool> _trainingByPath;
    private readonly Dictionary<string, bool> _gradientByName;

    public ModuleState(nn.Module module)
    {
        _module = module;
        _training = module.training;
        _trainingByPath = Distinct(module.named_modules()).ToDictionary(named => named.Name, named => named.Value.training);
        _gradientByName = Distinct(module.named_parameters()).ToDictionary(named => named.Name, named => named.Value.requires_grad);
    }

    /// <summary>Puts the module into evaluation mode, without gradients for its weights.</summary>
    public void Freeze()
    {
        _module.eval();
        foreach (var (_, parameter) in _module.named_parameters())
        {
            if (parameter.requires_grad) parameter.requires_grad = false;
        }
    }

    /// <summary>Restores what was remembered; parts that the module has no more are left out.</summary>
    public void Restore()
    {
        _module.train(_training);
        // Parents come before their children, and setting a parent's flag sets the children's.
        foreach (var (path, module) in _module.named_modules())
        {
            if (_trainingByPath.TryGetValue(path, out bool training) && module.training != training) module.train(training);
        }

        foreach (var (name, parameter) in _module.named_parameters())
        {
            if (_gradientByName.TryGetValue(name, out bool gradient) && parameter.requires_grad != gradient) parameter.requires_grad = gradient;
        }
    }

    private static IEnumerable<(string Name, T Value)> Distinct<T>(IEnumerable<(string Name, T Value)> named) => named.DistinctBy(pair => pair.Name);
}
