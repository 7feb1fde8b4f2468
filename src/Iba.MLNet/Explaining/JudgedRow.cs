using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.MLNet;

/// <summary>A row and its map, laid out for metrics. Whoever makes it has access to the network until it is disposed.</summary>
internal sealed class JudgedRow : IDisposable
{
    private readonly InputBatch _batch;

    /// <param name="row">The row.</param>
    /// <param name="map">Its map at the input's size, row-major.</param>
    /// <param name="settings">How the row was explained.</param>
    /// <param name="network">The network.</param>
    /// <param name="execution">About the machine.</param>
    public JudgedRow(InputRow row, ReadOnlySpan<float> map, RowSettings settings, Network network, ExecutionOptions execution)
    {
        using var scope = NewDisposeScope();
        var column = settings.Input.ExplainedColumn;
        _batch = InputBatch.Create([row], [0], settings.Input, network.Inputs, network.Device);
        try
        {
            var request = new AttributionRequest
            {
                Target = settings.Target,
                Labels = row.Target is { } target ? tensor(new[] { target }) : null,
                Mask = _batch.Exists,
                ChannelDimension = column.ChannelDimension,
                Output = settings.Output,
                Execution = execution,
            };
            // The network may take a picture as a flat row. Tokens are cut and padded, and have no other view.
            var value = row.Values[settings.Input.Explained]!;
            Rows = new EvaluationRows(network, _batch.Inputs, request, column.InputName, value.Shape.Count > 1 ? value.Shape : null);
            // What was cut off has no position, and padding no value.
            float[] laid = new float[Rows.Positions.Aggregate(1L, (product, size) => product * size)];
            map[..Math.Min(laid.Length, map.Length)].CopyTo(laid);
            Map = tensor(laid).view([1, .. Rows.Positions]).DetachFromDisposeScope();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The row.</summary>
    public EvaluationRows Rows { get; }

    /// <summary>The map, float <c>[1, positions...]</c>.</summary>
    public Tensor Map { get; }

    /// <summary>How many of the row's values are there; padding comes behind them.</summary>
    public int Length => _batch.Lengths[0];

    /// <summary>Whether the network takes ids or bytes.</summary>
    public bool HoldsIntegers => !Rows.Input.is_floating_point();

    /// <summary>Whether the row is a picture, <c>[H, W]</c>.</summary>
    public bool IsPicture => Rows.Positions.Count == 2;

    /// <summary>The degradation test.</summary>
    /// <param name="tile">The side of the tiles.</param>
    /// <param name="points">About how many points the curves have; null: one for each tile.</param>
    /// <returns>Null for what is no picture, and for pictures that are smaller than a tile.</returns>
    public DegradationCurves? Degradation(int tile, int? points)
    {
        if (!IsPicture || Rows.Mask is not null || Rows.Positions.Any(size => size < tile)) return null;
        int tiles = (int)(Rows.Positions[0] / tile * (Rows.Positions[1] / tile));
        int[]? counts = points is { } few && few < tiles + 1
            ? [.. Enumerable.Range(0, few).Select(point => (int)((long)point * tiles / (few - 1))).Distinct()]
            : null;
        return new DegradationTest(tile) { Counts = counts }.Measure(Rows, Map)[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Map?.Dispose();
        Rows?.Dispose();
        _batch.Dispose();
    }
}
