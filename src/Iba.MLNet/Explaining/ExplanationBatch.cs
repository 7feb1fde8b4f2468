using System.Runtime.ExceptionServices;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>The rows that one cursor explains together. A row that fails does not take the others with it.</summary>
internal sealed class ExplanationBatch : BatchComputation
{
    private readonly IHost _host;
    private readonly Explainer _explainer;
    private readonly RowSettings _settings;
    private readonly InputRowReader _reader;
    private readonly InputRow?[] _rows;
    private readonly RowExplanation?[] _explanations;
    private readonly ExceptionDispatchInfo?[] _failures;
    private readonly string[] _reasons;
    private readonly bool _withCapacity;
    private readonly bool _withDegradation;

    public ExplanationBatch(IHost host, Explainer explainer, DataViewRow row, Func<int, bool> active, int size)
    {
        _host = host;
        _explainer = explainer;
        _settings = explainer.Settings;
        _reader = new InputRowReader(
            host, _settings.Input, _settings.LabelColumnName, _settings.ClassCount, _settings.ClassNames, explainer.Inputs, row, _settings.RowIdColumnName,
            _settings.Target.Columns);
        _rows = new InputRow?[size];
        _explanations = new RowExplanation?[size];
        _failures = new ExceptionDispatchInfo?[size];
        _reasons = new string[size];
        _withCapacity = IsRead(OutputColumnKind.Capacity);
        _withDegradation = IsRead(OutputColumnKind.Degradation);

        bool IsRead(OutputColumnKind kind) => _settings.Outputs.Select((output, index) => output.Kind == kind && active(index)).Any(wanted => wanted);
    }

    public override void Read(int index)
    {
        _rows[index] = null;
        _explanations[index] = null;
        _failures[index] = null;
        _reasons[index] = "";
        try
        {
            _rows[index] = _reader.Read();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Fail(index, failure, _reader.Identity);
        }
    }

    public override void Compute(int count, long before)
    {
        int[] slots = Enumerable.Range(0, count).Where(slot => _rows[slot] != null).ToArray();
        Explain(slots);
        _explainer.Progress?.Report(new IbaProgress(IbaPhase.Explaining, before + count, null));
        if (_settings.BadRows == BadRowHandling.Throw || _failures.All(failure => failure == null)) return;
        using var channel = _host.Start("Explain");
        for (int slot = 0; slot < count; slot++)
        {
            if (_failures[slot] is { } failure) channel.Warning("Row left out. {0}", failure.SourceException.Message);
        }
    }

    public override Delegate MakeGetter(int addedColumn, Func<int> slot)
    {
        int method = _settings.Outputs.Take(addedColumn).Count(output => output.Kind == OutputColumnKind.Heatmap);
        return OutputGetter.Create(_settings.Shapes, _settings.Outputs[addedColumn].Kind, method, () => Explanation(slot()), () => _reasons[slot()]);
    }

    private RowExplanation? Explanation(int slot)
    {
        if (_settings.BadRows == BadRowHandling.Throw) _failures[slot]?.Throw();
        return _explanations[slot];
    }

    private void Explain(int[] slots)
    {
        if (slots.Length == 0) return;
        try
        {
            var rows = slots.Select(slot => _rows[slot]!).ToArray();
            var results = _explainer.Explain(rows, _withCapacity);
            if (_withDegradation) results = _explainer.Degrade(rows, results);
            for (int i = 0; i < slots.Length; i++)
            {
                _explanations[slots[i]] = results[i].Explanation;
                if (results[i].Failure is { } reason) Fail(slots[i], reason, null);
            }
        }
        catch (Exception failure) when (RowBlame.IsPossible(failure))
        {
            // One row may be to blame, such as an id outside the vocabulary: find it, and keep the others.
            if (slots.Length > 1)
            {
                foreach (int slot in slots) Explain([slot]);
                return;
            }

            var input = _settings.Input;
            string advice = input.ExplainedColumn.IsVariable && input.MaximumLength == 0
                ? $". It has {_rows[slots[0]]!.Values[input.Explained]!.Length} values; if those are more than the network takes, set {nameof(AttributionOptions.MaximumLength)}"
                : "";
            Fail(slots[0], NativeError.FirstLine(failure).TrimEnd('.') + advice, failure);
        }
    }

    private void Fail(int slot, string reason, Exception? cause)
    {
        string message = $"{_rows[slot]!.Identity} cannot be explained at layer '{_settings.Place}': {reason}.";
        Fail(slot, cause == null ? _host.Except(message) : _host.Except(cause, message), _rows[slot]!.Identity);
    }

    private void Fail(int slot, Exception failure, RowIdentity? row)
    {
        _failures[slot] = ExceptionDispatchInfo.Capture(failure);
        string message = failure.Message, identity = row?.ToString() ?? "";
        _reasons[slot] = message.StartsWith(identity, StringComparison.Ordinal) ? message[identity.Length..].TrimStart(':', ' ') : message;
    }
}
