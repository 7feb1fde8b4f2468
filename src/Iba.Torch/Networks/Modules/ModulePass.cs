using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A forward pass of ours, and what it does at the modules that it comes to. Hooks belong to a module, whoever calls it: so they are
/// registered once, stay, and leave every call alone that is no part of a pass, on whatever thread it comes.
/// </summary>
internal sealed class ModulePass
{
    /// <summary>The pass that the code at hand is a part of, also on threads that it starts.</summary>
    private static readonly AsyncLocal<ModulePass?> Current = new();

    private readonly ModulePass? _around;
    private readonly Action<nn.Module>? _before;
    private readonly Func<nn.Module, Tensor, Tensor, Tensor> _after;
    private volatile bool _isOver; // Work that was started in it may go on.

    private ModulePass(ModulePass? around, Action<nn.Module>? before, Func<nn.Module, Tensor, Tensor, Tensor> after)
    {
        _around = around;
        _before = before;
        _after = after;
    }

    /// <summary>Makes a pass, inside of the one that is under way, if any.</summary>
    /// <param name="run">Calls modules that have their <see cref="Hook"/>.</param>
    /// <param name="after">Takes a module that was called, its input and its output, and returns the output to go on with. Told after the pass around.</param>
    /// <param name="before">Takes a module that is about to be called.</param>
    public static T Run<T>(Func<T> run, Func<nn.Module, Tensor, Tensor, Tensor> after, Action<nn.Module>? before = null)
    {
        var around = Current.Value;
        var pass = new ModulePass(around, before, after);
        Current.Value = pass;
        try
        {
            return run();
        }
        finally
        {
            pass._isOver = true;
            Current.Value = around;
        }
    }

    /// <summary>Lets passes see the calls of a module. Once for each module; not while other threads call it.</summary>
    public static void Hook(nn.Module<Tensor, Tensor> module)
    {
        module.register_forward_pre_hook(static (called, given) =>
        {
            Current.Value?.Before(called);
            return given;
        });
        module.register_forward_hook(static (called, given, result) => Current.Value is { } pass ? pass.After(called, given, result) : result);
    }

    private void Before(nn.Module module)
    {
        _around?.Before(module);
        if (!_isOver) _before?.Invoke(module);
    }

    private Tensor After(nn.Module module, Tensor given, Tensor result)
    {
        if (_around is not null) result = _around.After(module, given, result);
        return _isOver ? result : _after(module, given, result);
    }
}
