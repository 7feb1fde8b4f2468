using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using TorchSharp;

namespace Iba.Jobs;

/// <summary>Explains rows with the job's model.</summary>
internal sealed class ModelExplainer : IRowExplainer
{
    private readonly JobPlan _plan;
    private readonly JobModel _model;
    private readonly RowViews _views;

    /// <param name="ml">Loaded the model; its device is where rows are computed.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="model">The model; owned.</param>
    /// <param name="source">Where the pictures or the table lie on this machine.</param>
    public ModelExplainer(MLContext ml, JobPlan plan, JobModel model, string source)
    {
        (_plan, _model, _views) = (plan, model, new RowViews(ml, plan, model.Inputs, source));
        var settings = model.Explainer.Settings;
        if (settings.Shapes.Questions != null)
        {
            throw new JobException($"The model answers several questions about each row ('{settings.Target}'), and a job's file has one map for each: fit an explainer for each question.");
        }

        model.Explainer.Settings = settings with
        {
            Outputs = RowColumns.All,
            MapSize = plan.MapSize,
            BadRows = BadRowHandling.Missing,
            LabelColumnName = plan.Targets == null ? settings.LabelColumnName : RowColumns.Label,
            Target = plan.Targets == null ? settings.Target : ExplanationTarget.Label,
        };
        model.Explainer.Threads = plan.Threads;
    }

    /// <inheritdoc/>
    public string Processor => _model.Explainer.Network.Device is { type: not DeviceType.CPU } device ? device.ToString() : RunRecord.ProcessorName;

    /// <inheritdoc/>
    public string TorchVersion => torch.__version__;

    /// <inheritdoc/>
    public TailPrecision ComputedIn => _model.ComputedIn;

    /// <summary>Checks that rows of the source fit the model, without explaining one.</summary>
    /// <exception cref="JobException">They do not.</exception>
    public void Check(JobInput first) => _model.Transform(_views.Of([first]));

    /// <inheritdoc/>
    public IEnumerable<JobRow> Explain(IReadOnlyList<JobInput> inputs, CancellationToken cancellation)
    {
        string?[] problems = [.. inputs.Select(Problem)];
        JobInput[] sound = [.. inputs.Where((_, i) => problems[i] == null)];
        using var found = ExplainSound(sound, cancellation).GetEnumerator();
        for (int i = 0; i < inputs.Count; i++)
        {
            if (problems[i] is { } problem) yield return JobRow.Failed(inputs[i], problem);
            else if (found.MoveNext()) yield return Checked(found.Current, inputs[i]);
            else throw new JobException($"The source ended before row {inputs[i].Row}: it has fewer rows than when the plan was made.");
        }
    }

    public void Dispose()
    {
        _views.Dispose();
        _model.Dispose();
    }

    private IEnumerable<JobRow> ExplainSound(JobInput[] inputs, CancellationToken cancellation)
    {
        if (inputs.Length == 0) yield break;
        var view = _model.Transform(_views.Of(inputs));
        using var cursor = view.GetRowCursor(RowColumns.All.Select(column => view.Schema[column.Name]));
        var reader = new ExplainedRowReader(cursor, _plan);
        for (int i = 0; i < inputs.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!TryRead(reader, inputs[i], out var row, out string? failure)) yield break;
            if (failure == null) yield return row!;
            else if (inputs.Length == 1) yield return JobRow.Failed(inputs[0], failure);
            else
            {
                // What comes before the explainer in a chain fails for several rows together: find the one that is to blame.
                foreach (var single in inputs[i..].SelectMany(input => ExplainSound([input], cancellation))) yield return single;
                yield break;
            }
        }
    }

    private static bool TryRead(ExplainedRowReader reader, JobInput input, out JobRow? row, out string? failure)
    {
        (row, failure) = (null, null);
        try
        {
            return reader.TryRead(input, out row);
        }
        catch (Exception problem) when (problem is InvalidOperationException or InvalidDataException or FormatException or ArgumentException)
        {
            failure = $"The model cannot read it: {problem.GetBaseException().Message.TrimEnd('.')}.";
            return true;
        }
    }

    private string? Problem(JobInput input) => _views.HasPictures ? FileState.Problem(input, _views.PathOf(input)) : null;

    // Names of folders differ between machines, and would make other bytes of the same failure; what changed while it was read was not what the plan saw.
    private JobRow Checked(JobRow row, JobInput input)
        => !_views.HasPictures ? row
            : row.Failure != null ? row with { Failure = row.Failure.Replace(_views.PathOf(input), input.Uri, StringComparison.Ordinal) }
            : Problem(input) is { } problem ? JobRow.Failed(input, problem)
            : row;
}
