using Iba.Torch;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>A cut of the network, which explains one pass of rows after the other.</summary>
/// <param name="settings">What Fit decided.</param>
/// <param name="network">The network.</param>
/// <param name="split">The network, cut. Owned.</param>
/// <param name="method">The method, shared by all lanes.</param>
/// <param name="execution">About the machine.</param>
/// <param name="checkAlive">Called between steps; throws when the work is cancelled.</param>
/// <param name="further">The network, cut at further layers. Owned.</param>
internal sealed class Lane(
    RowSettings settings, Network network, SplitNetwork split, AttributionMethod method, ExecutionOptions execution, Action checkAlive,
    IReadOnlyList<FurtherCut> further) : ILane<Lane>
{
    private readonly TailClassifier _classifier = new(split, settings.Output);
    private readonly PassMemory _memory = new(split, method.VersionsPerRow);

    /// <inheritdoc/>
    public double BytesPerRow { get; private set; }

    private bool CanFork => split.CanFork && method.CanRunInParallel && settings.Target.CanRunInParallel && further.All(cut => cut.CanFork);

    /// <inheritdoc/>
    public Lane? Fork() => CanFork ? new Lane(settings, network, split.Fork(), method, execution, checkAlive, [.. further.Select(cut => cut.Fork())]) : null;

    /// <summary>Explains rows that share a pass.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="group">Which of them make the pass.</param>
    /// <param name="withCapacity">Whether <see cref="RowExplanation.Capacity"/> is wanted.</param>
    /// <param name="results">Where what became of them is written.</param>
    public void Explain(IReadOnlyList<InputRow> rows, int[] group, bool withCapacity, RowResult?[] results)
    {
        using var scope = torch.NewDisposeScope();
        using var batch = InputBatch.Create(rows, group, settings.Input, network.Inputs, network.Device);
        using var activation = split.Head(batch.Inputs);
        if (execution.MemoryBudget != null || (CanFork && network.Device.type == DeviceType.CPU))
        {
            BytesPerRow = Math.Max(BytesPerRow, _memory.BytesPerRowOrInfinity(activation));
        }

        var request = new AttributionRequest
        {
            Target = settings.Target,
            Labels = Labels(rows, batch),
            Columns = Columns(rows, batch),
            Mask = SequenceMask.Of(batch.Exists, activation.Features, settings.ChannelDimension),
            ChannelDimension = settings.ChannelDimension,
            InputSize = MapSize(rows, batch),
            Output = settings.Output,
        };
        using var result = method.ExplainPass(split, activation, request, _classifier, checkAlive, CancellationToken.None);
        RowAssembly.Write(rows, batch, settings, request, result, withCapacity, results, [.. further.Select(cut => cut.Explain(batch, request, checkAlive))]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        split.Dispose();
        foreach (var cut in further) cut.Dispose();
    }

    private long[] MapSize(IReadOnlyList<InputRow> rows, InputBatch batch)
    {
        var explained = rows[batch.Rows[0]].Values[settings.Input.Explained]!;
        long[] size = [.. settings.Input.ExplainedColumn.Positions(explained.Shape)];
        if (size.Length == 1 && settings.Input.MaximumLength > 0) size[0] = Math.Min(size[0], settings.Input.MaximumLength);
        return size;
    }

    private Dictionary<string, torch.Tensor>? Columns(IReadOnlyList<InputRow> rows, InputBatch batch)
    {
        var columns = settings.Target.Columns;
        return columns.Count == 0 ? null : columns.Select((column, i) => (column.Name, Values: Values(column, i))).ToDictionary(pair => pair.Name, pair => pair.Values);

        torch.Tensor Values(TargetColumn column, int index)
        {
            Array[] values = [.. batch.Rows.Select(row => rows[row].TargetValues[index])];
            if (column.IsClass) return torch.tensor(values.SelectMany(value => (long[])value).ToArray(), torch.int64).to(network.Device);
            if (values.Any(value => value.Length != values[0].Length)) throw new InvalidDataException($"rows bring different numbers of values in column '{column.Name}'");
            return torch.tensor(values.SelectMany(value => (float[])value).ToArray(), [values.Length, values[0].Length]).to(network.Device);
        }
    }

    private torch.Tensor? Labels(IReadOnlyList<InputRow> rows, InputBatch batch)
        => settings.LabelColumnName == null ? null : torch.tensor(batch.Rows.Select(row => rows[row].Target!.Value).ToArray(), torch.int64).to(network.Device);
}
