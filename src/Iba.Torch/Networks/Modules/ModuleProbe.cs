using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Watches one forward pass of a module on random input, to learn its layers.</summary>
internal sealed class ModuleProbe : IDisposable
{
    /// <summary>More than one, so that a first dimension that is no batch shows.</summary>
    private const long Rows = 2;

    private readonly List<Event> _events = [];
    private readonly List<nn.Module> _calls = [];
    private Tensor? _lastRelu;
    private long _multiplications;

    private ModuleProbe()
    {
    }

    /// <summary>The layers and calls, in the order of computation.</summary>
    /// <param name="module">The network.</param>
    /// <param name="forward">How the network is called.</param>
    /// <param name="input">The input's description.</param>
    /// <param name="shape">The input's shape to try, batch first.</param>
    /// <param name="device">Where the network lies.</param>
    public static ModuleTrace Run(
        nn.Module module, Func<Tensor, Tensor> forward, NetworkInput input, IReadOnlyList<long> shape, Device device)
    {
        using var probe = new ModuleProbe();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var parts = TensorModules(module).ToDictionary<(string Path, nn.Module<Tensor, Tensor> Module), nn.Module, string>(
            part => part.Module, part => part.Path, ReferenceEqualityComparer.Instance);
        try
        {
            ModulePass.Run(
                () => forward(NetworkInputs.Random(input, [Rows, .. shape.Skip(1)], device)),
                (called, given, result) => parts.TryGetValue(called, out string? path)
                    ? probe.Record(path, (nn.Module<Tensor, Tensor>)called, given, result)
                    : result,
                called =>
                {
                    if ((parts.ContainsKey(called) || ReferenceEquals(called, module)) && !probe._calls.Contains(called)) probe._calls.Add(called);
                });
        }
        catch (ExternalException exception)
        {
            throw new InvalidOperationException(
                $"The module does not accept input of shape {Shapes.Format(shape)}: {NativeError.FirstLine(exception)}", exception);
        }

        return new ModuleTrace(probe.Conclude(shape[0]), probe._calls.ToArray());
    }

    /// <summary>Every module with one tensor in and one out, by its path; a module with several paths goes by the first.</summary>
    public static IEnumerable<(string Path, nn.Module<Tensor, Tensor> Module)> TensorModules(nn.Module root)
        => root.named_modules()
            .Where(named => named.module is nn.Module<Tensor, Tensor>)
            .Select(named => (named.name, (nn.Module<Tensor, Tensor>)named.module))
            .DistinctBy(named => named.Item2, ReferenceEqualityComparer.Instance);

    /// <inheritdoc/>
    public void Dispose() => _lastRelu?.Dispose();

    private Tensor Record(string path, nn.Module<Tensor, Tensor> module, Tensor input, Tensor result)
    {
        _multiplications += Multiplications(module, input, result);
        bool afterRelu = IsAfterRelu(module, result);
        bool cut = result.dim() >= 2 && result.shape[0] == Rows && result.is_floating_point();
        _events.Add(new Event(path, module, result.shape, afterRelu, _multiplications, cut, _calls.Count));
        return result;
    }

    private bool IsAfterRelu(nn.Module module, Tensor result)
    {
        if (module is ReLU or ReLU6)
        {
            _lastRelu?.Dispose();
            _lastRelu = result.clone().DetachFromDisposeScope();
            return true;
        }

        if (!result.is_floating_point()) return false;
        if (_lastRelu is not null && _lastRelu.shape.SequenceEqual(result.shape) && _lastRelu.Equals(result)) return true;
        // A ReLU inside the user's own code shows in the values only: never negative, some exactly zero.
        bool isLibraryModule = module.GetType().Assembly == typeof(nn).Assembly;
        return !isLibraryModule && Number(result.min()) == 0 && Number(result.max()) > 0;

        static double Number(Tensor value) => value.to(ScalarType.Float64).item<double>();
    }

    /// <summary>Convolutions and linear layers hold nearly all of a classifier's work; others count nothing.</summary>
    private static long Multiplications(nn.Module module, Tensor input, Tensor result) => module switch
    {
        ConvolutionTranspose { weight: { } weight } => input.numel() * (weight.numel() / weight.shape[0]),
        Convolution { weight: { } weight } => result.numel() * (weight.numel() / weight.shape[0]),
        Linear { weight: { } weight } => result.numel() * weight.shape[1],
        _ => 0,
    };

    private ModuleLayer[] Conclude(long batch)
    {
        var callsInAll = _events.CountBy(seen => seen.Path).ToDictionary();
        var calls = new Dictionary<string, int>();
        var layers = new List<ModuleLayer>();
        for (int i = 0; i < _events.Count; i++)
        {
            var seen = _events[i];
            int call = calls[seen.Path] = calls.GetValueOrDefault(seen.Path) + 1;
            if (!seen.IsCut) continue;
            string name = callsInAll[seen.Path] == 1 ? seen.Path : $"{seen.Path}#{call}";
            // A network of user code alone counts no multiplication: then modules count.
            double share = _multiplications > 0 ? (double)seen.Multiplications / _multiplications : (i + 1.0) / _events.Count;
            layers.Add(new ModuleLayer(new LayerInfo(name, [batch, .. seen.Shape.Skip(1)], seen.AfterRelu, share), seen.Module, call, seen.Called));
        }

        return [.. layers];
    }

    private sealed record Event(
        string Path, nn.Module<Tensor, Tensor> Module, long[] Shape, bool AfterRelu, long Multiplications, bool IsCut, int Called);
}
