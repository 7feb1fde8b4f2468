using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Takes the features of layers out of one forward pass.</summary>
internal static class ModuleFeatures
{
    /// <summary>The layers' outputs without gradient, in the caller's dispose scope, from a pass that ends at the last of them.</summary>
    /// <param name="layers">The layers, in any order.</param>
    /// <param name="forward">How the network is called.</param>
    /// <param name="input">The network's input, <c>[N, ...]</c>; it stays as it is.</param>
    /// <exception cref="InvalidOperationException">The pass fails or does not come to a layer, or a layer's output does not have the batch first.</exception>
    public static Tensor[] Of(IReadOnlyList<ModuleLayer> layers, Func<Tensor, Tensor> forward, Tensor input)
        => layers.Count == 0 ? [] : Run(layers, forward, input, toEnd: false).Features;

    /// <summary>The same, and what the network returned, from a pass that goes to its end.</summary>
    public static (Tensor[] Features, Tensor Output) AndOutput(IReadOnlyList<ModuleLayer> layers, Func<Tensor, Tensor> forward, Tensor input)
    {
        var (features, output) = Run(layers, forward, input, toEnd: true);
        return (features, output!);
    }

    private static (Tensor[] Features, Tensor? Output) Run(IReadOnlyList<ModuleLayer> layers, Func<Tensor, Tensor> forward, Tensor input, bool toEnd)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var found = new Tensor?[layers.Count];
        var calls = new Dictionary<nn.Module, int>(ReferenceEqualityComparer.Instance);
        Tensor? output = null;
        try
        {
            // The network may change its input in place; the caller's stays as it is.
            output = ModulePass.Run(() => forward(input.clone()), After);
        }
        catch (AllReached)
        {
        }
        catch (ExternalException exception)
        {
            throw new InvalidOperationException(
                $"The module fails before layer {Names()} on input of shape {Shapes.Format(input.shape)}: {NativeError.FirstLine(exception)}",
                exception);
        }

        if (found.Contains(null)) throw new InvalidOperationException($"The forward pass did not come to layer {Names()} for this input: cut elsewhere.");
        for (int i = 0; i < layers.Count; i++) CheckBatch(layers[i], found[i]!, input);
        return (Array.ConvertAll(found, features => features!.MoveToOuterDisposeScope()), output?.MoveToOuterDisposeScope());

        Tensor After(nn.Module module, Tensor given, Tensor result)
        {
            int call = calls[module] = calls.GetValueOrDefault(module) + 1;
            for (int i = 0; i < layers.Count; i++)
            {
                if (ReferenceEquals(layers[i].Module, module) && layers[i].Call == call) found[i] = Keep(result);
            }

            return toEnd || found.Contains(null) ? result : throw new AllReached();
        }

        // What lies behind a layer may change its output in place, and containers dispose it.
        Tensor Keep(Tensor result)
        {
            bool isLast = !toEnd && found.Count(features => features is null) == 1;
            var kept = (isLast ? result.detach() : result.detach().clone()).DetachFromDisposeScope();
            scope.Attach(kept);
            return kept;
        }

        string Names() => string.Join(", ", layers.Where((_, i) => found[i] is null).Select(layer => $"'{layer.Info.Name}'"));
    }

    private static void CheckBatch(ModuleLayer layer, Tensor features, Tensor input)
    {
        if (features.dim() >= 2 && features.shape[0] == input.shape[0]) return;
        throw new InvalidOperationException(
            $"Layer '{layer.Info.Name}' gave shape {Shapes.Format(features.shape)} for {input.shape[0]} rows: its first dimension must be the batch.");
    }

    /// <summary>Ends the forward pass.</summary>
    private sealed class AllReached : Exception;
}
