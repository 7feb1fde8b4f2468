using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// TorchScript files as a sequence of steps. A module whose children, called one after the other, compute what it computes (which a
/// trial shows) is taken apart; any other is one step.
/// </summary>
internal sealed class ScriptSequence : IDisposable
{
    private readonly List<ScriptStep> _steps = [];
    private readonly List<(string Name, int End)> _places = [];
    private readonly List<jit.ScriptModule> _modules = [];

    private ScriptSequence()
    {
    }

    /// <summary>The steps, in the order of computation.</summary>
    public IReadOnlyList<ScriptStep> Steps => _steps;

    /// <summary>The names of places, each with the number of steps before it; a module that was taken apart ends with its last child.</summary>
    public IReadOnlyList<(string Name, int End)> Places => _places;

    /// <summary>Loads files that are called one after the other.</summary>
    /// <param name="files">Their bytes, each with the name of its module; a single one has the name "".</param>
    /// <param name="trial">An input to try out, <c>[2, ...]</c>, on the device to load to.</param>
    /// <exception cref="InvalidDataException">A file is no TorchScript file.</exception>
    /// <exception cref="InvalidOperationException">The modules do not accept the input, or a single one is no sequence.</exception>
    public static ScriptSequence Load(IReadOnlyList<(string Name, byte[] Bytes)> files, Tensor trial)
    {
        var sequence = new ScriptSequence();
        try
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            var value = trial;
            foreach (var (name, bytes) in files) value = sequence.Add(name, sequence.Open(bytes, name, trial.device), value);
            return sequence;
        }
        catch (ExternalException exception)
        {
            sequence.Dispose();
            throw new InvalidOperationException(
                $"The TorchScript module does not accept {trial.dtype} input of shape {Shapes.Format(trial.shape)}: {ScriptError.Reason(exception)}", exception);
        }
        catch
        {
            sequence.Dispose();
            throw;
        }
    }

    /// <summary>Leaves out the last step where it is a softmax over the classes.</summary>
    /// <returns>Whether it was.</returns>
    public bool DropFinalSoftmax(Tensor trial)
    {
        if (_steps.Count < 2) return false;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var logits = Run(trial, 0, _steps.Count - 1);
        var expected = logits.softmax(1);
        var output = _steps[^1].Run(logits);
        if (!output.shape.SequenceEqual(expected.shape) || !output.allclose(expected, rtol: 1e-5, atol: 1e-7)) return false;
        _places.RemoveAll(place => place.End == _steps.Count);
        _steps[^1].Dispose();
        _steps.RemoveAt(_steps.Count - 1);
        return true;
    }

    /// <summary>Runs the steps from <paramref name="start"/> up to, not including, <paramref name="end"/>.</summary>
    /// <exception cref="InvalidOperationException">A step does not accept what it gets.</exception>
    public Tensor Run(Tensor input, int start, int end)
    {
        using var scope = NewDisposeScope();
        bool changes = _steps.Skip(start).Take(end - start).Any(step => step.ChangesInput);
        var value = changes ? input.clone() : input.alias();
        for (int i = start; i < end; i++)
        {
            try
            {
                value = _steps[i].Run(value);
            }
            catch (ExternalException exception)
            {
                throw new InvalidOperationException(
                    $"'{_steps[i].Name}' fails on a tensor of shape {Shapes.Format(value.shape)}: {ScriptError.Reason(exception)}", exception);
            }
        }

        return value.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The bytes of the results of the steps from <paramref name="start"/> on. What a step computes inside is not seen: each module in it is
    /// taken to give as much as the step.
    /// </summary>
    public long ResultBytes(Tensor input, int start)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var value = input;
        long bytes = 0;
        for (int i = start; i < _steps.Count; i++)
        {
            value = Run(value, i, i + 1);
            bytes += value.numel() * value.element_size() * _steps[i].Modules;
        }

        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using var scope = NewDisposeScope(); // ScriptModule.Dispose makes further handles and forgets some of them.
        foreach (var step in _steps) step.Dispose();
        foreach (var module in _modules) module.Dispose();
        _modules.Clear();
    }

    private jit.ScriptModule Open(byte[] bytes, string name, Device device)
    {
        jit.ScriptModule module;
        try
        {
            module = jit.load(bytes, device.type, device.index);
        }
        catch (ExternalException exception)
        {
            string what = name.Length == 0 ? "The bytes are" : $"The bytes of the {name} are";
            throw new InvalidDataException(
                $"{what} no TorchScript file (torch.jit.save) that this libtorch reads: {NativeError.FirstLine(exception)} " +
                "Files of torch.save (state dictionaries) and torch.export (.pt2) are other formats.",
                exception);
        }

        _modules.Add(module);
        module.eval();
        foreach (var parameter in module.parameters()) parameter.requires_grad = false;
        return module;
    }

    /// <summary>Adds a module, taken apart where possible, and returns its output.</summary>
    private Tensor Add(string name, jit.ScriptModule module, Tensor input)
    {
        var given = input.clone();
        var output = ScriptStep.Run(module, name, given);
        var children = Children(module);
        if (children.Count > 0 && IsSequence(children, input, output))
        {
            var value = input;
            foreach (var (child, childModule) in children) value = Add(name.Length == 0 ? child : $"{name}.{child}", childModule, value);
        }
        else
        {
            if (name.Length == 0)
            {
                throw new InvalidOperationException(
                    "The TorchScript file cannot be cut: its forward pass is not a sequence of calls of its children" +
                    (children.Count > 0 ? $" ({string.Join(", ", children.Select(child => child.Name))})" : "") +
                    ". Save what comes before and after the layer as two files, and load them as a pair.");
            }

            _steps.Add(new ScriptStep(name, module, ChangesInput: !given.Equals(input), ScriptStep.CountMultiplications(module), CountLeaves(module)));
        }

        if (name.Length > 0) _places.Add((name, _steps.Count));
        return output;
    }

    private List<(string Name, jit.ScriptModule Module)> Children(jit.ScriptModule module)
    {
        var children = module.named_children().Select(child => (child.name, (jit.ScriptModule)child.module)).ToList();
        _modules.AddRange(children.Select(child => child.Item2));
        return children;
    }

    private int CountLeaves(jit.ScriptModule module)
        => Children(module) is { Count: > 0 } children ? children.Sum(child => CountLeaves(child.Module)) : 1;

    private static bool IsSequence(List<(string Name, jit.ScriptModule Module)> children, Tensor input, Tensor output)
    {
        using var scope = NewDisposeScope();
        var value = input.clone();
        try
        {
            foreach (var (name, child) in children) value = ScriptStep.Run(child, name, value);
        }
        catch (Exception exception) when (exception is ExternalException or InvalidOperationException or InvalidCastException or NotImplementedException)
        {
            return false; // A child does not take what the one before gives (TorchSharp throws all of these): no sequence.
        }

        double scale = output.abs().max().to(ScalarType.Float64).item<double>();
        return value.shape.SequenceEqual(output.shape) && value.dtype == output.dtype
            && value.allclose(output, rtol: 1e-5, atol: 1e-6 * scale, equal_nan: true);
    }
}
