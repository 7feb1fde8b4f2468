using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.MLNet;

/// <summary>Which columns of a chain feed a network.</summary>
/// <param name="Explained">The input that is explained.</param>
/// <param name="Column">The column that feeds it.</param>
/// <param name="Context">The other inputs (name) and their columns (value).</param>
/// <param name="Mask">The input that is 1 where a value exists; null: there is none.</param>
internal sealed record FedInputs(string Explained, string Column, IReadOnlyDictionary<string, string> Context, string? Mask)
{
    /// <param name="walk">The chain.</param>
    /// <param name="network">The network.</param>
    /// <param name="columns">What feeds its inputs, by their names.</param>
    /// <exception cref="NotSupportedException">A column is not there at the chain's end.</exception>
    public static FedInputs Of(ChainWalk walk, Network network, IReadOnlyDictionary<string, ColumnTensor> columns)
    {
        var fed = network.Inputs.ToDictionary(input => input.Name, input => ColumnOf(walk, input.Name, columns));

        // As networks themselves choose; and of integers, the tokens rather than what goes with them.
        var explained = network.Inputs.FirstOrDefault(input => is_floating_point(input.ElementType))
            ?? network.Inputs.FirstOrDefault(input => !IsMask(input.Name) && !input.Name.Contains("type", StringComparison.OrdinalIgnoreCase))
            ?? network.Inputs[0];
        string? mask = is_floating_point(explained.ElementType) ? null : network.Inputs.FirstOrDefault(input => input != explained && IsMask(input.Name))?.Name;
        string column = fed[explained.Name];
        fed.Remove(explained.Name);
        return new FedInputs(explained.Name, column, fed, mask);
    }

    private static string ColumnOf(ChainWalk walk, string input, IReadOnlyDictionary<string, ColumnTensor> columns)
    {
        if (!columns.TryGetValue(input, out var tensor)) throw new NotSupportedException($"No column feeds the network's input '{input}'.");
        return walk.ColumnOf(tensor, tensor.Column) ?? throw new NotSupportedException(
            $"Column '{tensor.Column}', which feeds the network's input '{input}', is not in what the model gives: a later step drops or overwrites it. " +
            $"Keep it: an explanation reads it again. Or give the network as {nameof(AttributionOptions.Network)}.");
    }

    private static bool IsMask(string name) => name.Contains("mask", StringComparison.OrdinalIgnoreCase);
}
