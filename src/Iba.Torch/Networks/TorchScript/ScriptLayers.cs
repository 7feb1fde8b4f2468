using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Learns the layers of a script sequence from one run.</summary>
internal static class ScriptLayers
{
    /// <summary>The layers, each with the number of steps before it.</summary>
    public static IReadOnlyList<(LayerInfo Info, int End)> Of(ScriptSequence sequence, Tensor trial, long batch)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var outputs = new List<(long[] Shape, bool IsCut, bool AfterRelu, double Multiplications)>();
        var value = trial;
        double multiplications = 0;
        for (int i = 0; i < sequence.Steps.Count; i++)
        {
            var next = sequence.Run(value, i, i + 1);
            multiplications += sequence.Steps[i].MultiplicationsPerOutput * next.numel();
            bool isCut = next.dim() >= 2 && next.shape[0] == trial.shape[0] && next.is_floating_point();
            outputs.Add((next.shape, isCut, isCut && IsRelu(value, next), multiplications));
            value = next;
        }

        return sequence.Places
            .Where(place => outputs[place.End - 1].IsCut)
            .Select(place =>
            {
                var output = outputs[place.End - 1];
                double share = multiplications > 0 ? output.Multiplications / multiplications : (double)place.End / outputs.Count;
                return (new LayerInfo(place.Name, [batch, .. output.Shape.Skip(1)], output.AfterRelu, share), place.End);
            })
            .ToArray();
    }

    /// <summary>TorchScript does not tell its modules' types: a ReLU shows in what it does.</summary>
    private static bool IsRelu(Tensor input, Tensor output)
    {
        if (output.min().to(ScalarType.Float32).item<float>() != 0 || output.max().to(ScalarType.Float32).item<float>() <= 0) return false;
        // What is never negative because its input is not (a pooling, a dropout) is no ReLU.
        return !input.is_floating_point() || input.min().to(ScalarType.Float32).item<float>() < 0;
    }
}
