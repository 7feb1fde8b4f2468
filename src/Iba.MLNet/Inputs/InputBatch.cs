using Iba.Torch;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Rows as tensors, ready for <see cref="SplitNetwork.Head"/>.</summary>
internal sealed class InputBatch : IDisposable
{
    private InputBatch(IReadOnlyList<int> rows, IReadOnlyList<long?> targets, IReadOnlyList<int> lengths, torch.Tensor[] inputs, torch.Tensor? exists)
    {
        Rows = rows;
        Targets = targets;
        Lengths = lengths;
        Inputs = inputs;
        Exists = exists;
    }

    /// <summary>Which of the given rows these are.</summary>
    public IReadOnlyList<int> Rows { get; }

    /// <summary>The class that each row's label names; null where none was read.</summary>
    public IReadOnlyList<long?> Targets { get; }

    /// <summary>How many of each row's explained values are there; padding comes behind them.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>One tensor <c>[N, ...]</c> for each of the network's inputs.</summary>
    public IReadOnlyList<torch.Tensor> Inputs { get; }

    /// <summary>bool <c>[N, T]</c>: where the explained input has a value, false at padding. Null: everywhere.</summary>
    public torch.Tensor? Exists { get; }

    /// <summary>
    /// Says which rows can share a pass. With a mask, rows of different lengths are padded to the longest, or to the length that the
    /// network declares; without one the network could not tell padding from values, so only rows of equal shape go together, as where the
    /// network minds padding.
    /// </summary>
    public static IReadOnlyList<int[]> Group(IReadOnlyList<InputRow> rows, InputLayout layout)
    {
        var all = Enumerable.Range(0, rows.Count);
        return layout.Mask >= 0 && layout.SharesLengths
            ? [all.ToArray()]
            : all.GroupBy(index => string.Join(',', rows[index].Values[layout.Explained]!.Shape)).Select(group => group.ToArray()).ToArray();
    }

    public void Dispose()
    {
        foreach (var input in Inputs) input.Dispose();
        Exists?.Dispose();
    }

    /// <summary>Makes the tensors of a group, on a device.</summary>
    /// <exception cref="InvalidDataException">A value does not fit the network's element type.</exception>
    public static InputBatch Create(
        IReadOnlyList<InputRow> rows, IReadOnlyList<int> indices, InputLayout layout, IReadOnlyList<NetworkInput> inputs, torch.Device device)
    {
        using var scope = torch.NewDisposeScope();
        var tensors = new torch.Tensor[layout.Columns.Count];
        for (int i = 0; i < tensors.Length; i++)
        {
            var values = indices.Select(index => rows[index].Values[i] ?? Ones(rows[index].Values[layout.Explained]!)).ToArray();
            long declared = layout.Mask >= 0 && inputs[i].Shape.Count == 2 ? inputs[i].Shape[1] : -1;
            tensors[i] = Narrow(ToDeclared(ToTensor(values, layout.MaximumLength, (int)declared, i == layout.Explained ? layout.PaddingId ?? 0 : 0), inputs[i]), inputs[i]).to(device);
        }

        var exists = layout.Mask >= 0 ? tensors[layout.Mask].ne(0).DetachFromDisposeScope() : null;
        foreach (var tensor in tensors) tensor.DetachFromDisposeScope();
        int longest = layout.MaximumLength > 0 ? layout.MaximumLength : int.MaxValue;
        int[] lengths = indices.Select(index => Math.Min(longest, rows[index].Values[layout.Explained]!.Length)).ToArray();
        return new InputBatch(indices, indices.Select(index => rows[index].Target).ToArray(), lengths, tensors, exists);
    }

    private static InputValue Ones(InputValue explained)
    {
        long[] ones = new long[explained.Length];
        Array.Fill(ones, 1);
        return new InputValue(ones, explained.Shape);
    }

    // A picture may enter the network as a flat row.
    private static torch.Tensor ToDeclared(torch.Tensor values, NetworkInput input)
        => input.Shape.Count == 0 || input.Shape.Count == values.dim() ? values : values.view([values.shape[0], .. input.Shape.Skip(1)]);

    // A number that does not fit the network's integers would wrap around and become another one.
    private static torch.Tensor Narrow(torch.Tensor values, NetworkInput input)
    {
        var narrow = values.to(input.ElementType);
        if (values.dtype != torch.int64 || narrow.dtype == torch.int64 || narrow.is_floating_point()) return narrow;
        return narrow.to(torch.int64).eq(values).all().item<bool>()
            ? narrow
            : throw new InvalidDataException(
                $"input '{input.Name}' is {input.ElementType}, which cannot hold {values[values.ne(narrow.to(torch.int64))][0].item<long>()}");
    }

    private static torch.Tensor ToTensor(InputValue[] values, int maximumLength, int declaredLength, long paddingId)
    {
        if (values[0].Values is float[])
        {
            float[] floats = values.SelectMany(value => (float[])value.Values).ToArray();
            return torch.tensor(floats, [values.Length, .. values[0].Shape]);
        }

        if (values[0].Shape.Count > 1)
        {
            return torch.tensor(values.SelectMany(value => (long[])value.Values).ToArray(), [values.Length, .. values[0].Shape]);
        }

        int length = values.Max(value => value.Length);
        if (maximumLength > 0) length = Math.Min(length, maximumLength);
        int used = length;
        length = Math.Max(length, declaredLength);
        long[] padded = new long[values.Length * length];
        Array.Fill(padded, paddingId);
        for (int row = 0; row < values.Length; row++)
        {
            Array.Copy(values[row].Values, 0, padded, row * length, Math.Min(used, values[row].Length));
        }

        return torch.tensor(padded, [values.Length, length]);
    }
}
