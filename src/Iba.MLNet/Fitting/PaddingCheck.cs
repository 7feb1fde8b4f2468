using System.Runtime.InteropServices;
using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>
/// Tries on one row whether padding changes a network's outputs, although the mask says that nothing is there: some networks look for the
/// id that they were trained to be padded with.
/// </summary>
internal sealed class PaddingCheck
{
    private const double Tolerance = 1e-3, TypeOfHalfTolerance = 0.05;

    private readonly IHost _host;
    private readonly IChannel _channel;
    private readonly InputLayout _layout;
    private readonly SplitNetwork _split;
    private readonly InputBatch _batch;
    private readonly NetworkInput _input;
    private readonly int _row;

    /// <param name="host">For errors.</param>
    /// <param name="channel">For warnings.</param>
    /// <param name="layout">The network's inputs.</param>
    /// <param name="network">The network.</param>
    /// <param name="split">The network, cut.</param>
    /// <param name="batch">Rows; the shortest is tried.</param>
    public PaddingCheck(IHost host, IChannel channel, InputLayout layout, Network network, SplitNetwork split, InputBatch batch)
    {
        _host = host;
        _channel = channel;
        _layout = layout;
        _split = split;
        _batch = batch;
        _input = network.Inputs[layout.Explained];
        _row = Array.IndexOf(batch.Lengths.ToArray(), batch.Lengths.Min());
    }

    /// <summary>Says whether rows of different lengths can be padded to share a pass.</summary>
    /// <returns>The layout, which says it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Every row is padded, and it is not known with what.</exception>
    public InputLayout Run()
    {
        if (_layout.Mask < 0 || !_layout.ExplainedColumn.IsVariable) return _layout;
        using var scope = torch.NewDisposeScope();
        using var grad = torch.no_grad();
        int length = _batch.Lengths[_row];
        if (_input.Shape is [_, > 0 and var positions])
        {
            CheckId((int)Math.Min(length, positions - 1), (int)positions);
            return _layout;
        }

        if (Agree(length, (length, 0), (length + 1, _layout.PaddingId ?? 0))) return _layout;
        _channel.Warning(
            "Padding with id {0} changes what the network says, although input '{1}' is 0 there: rows of different lengths are computed apart. " +
            "If the network was trained to be padded with another id, set {2}, and they can be computed together.",
            _layout.PaddingId ?? 0, _layout.Columns[_layout.Mask].InputName, nameof(AttributionOptions.PaddingId));
        return _layout with { SharesLengths = false };
    }

    // All rows are filled up, and nothing shows what they would be without: but what fills them must not matter.
    private void CheckId(int kept, int positions)
    {
        if (_layout.PaddingId != null || kept == 0) return;
        long other = Math.Max(1, _batch.Inputs[_layout.Explained][_row].max().to(torch.int64).item<long>());
        if (Agree(kept, (positions, 0), (positions, other))) return;
        throw _host.ExceptUserArg(
            nameof(AttributionOptions.PaddingId),
            $"What the network says changes with the id that fills rows up to its {positions} positions (0 or {other}), although input " +
            $"'{_layout.Columns[_layout.Mask].InputName}' is 0 there: it looks for an id of its own. Set {nameof(AttributionOptions.PaddingId)} to the id that its " +
            "tokenizer pads with (0, if it is that one).");
    }

    /// <summary>Whether the outputs for the row's first values are the same, filled up to two lengths with two ids.</summary>
    private bool Agree(int kept, (int Length, long Id) one, (int Length, long Id) other)
    {
        try
        {
            var first = Outputs(kept, one.Length, one.Id);
            var second = Outputs(kept, other.Length, other.Id);
            double tolerance = first.element_size() < sizeof(float) ? TypeOfHalfTolerance : Tolerance;
            first = first.to(torch.float64);
            double largest = first.abs().max().item<double>();
            return !double.IsFinite(largest) || (first - second.to(torch.float64)).abs().max().item<double>() <= tolerance * Math.Max(1, largest);
        }
        catch (Exception failure) when (failure is ExternalException or ArgumentException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    private torch.Tensor Outputs(int kept, int length, long id)
    {
        using var activation = _split.Head(_batch.Inputs.Select((input, i) =>
        {
            var row = input.narrow(0, _row, 1);
            if (!_layout.Columns[i].IsVariable) return row;
            var padding = torch.full([1, length - kept], i == _layout.Explained ? id : 0L, dtype: row.dtype, device: row.device);
            return torch.cat([row.narrow(1, 0, kept), padding], 1);
        }).ToArray());
        return _split.Tail(activation.Features, activation);
    }
}
