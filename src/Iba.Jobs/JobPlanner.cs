using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace Iba.Jobs;

/// <summary>Makes a job's folder out of options.</summary>
internal sealed class JobPlanner(JobFolder folder, JobOptions options, MLContext context)
{
    private readonly FileCommit _commit = new();

    /// <summary>Writes the folder; <c>plan.json</c> last, so that a plan that was interrupted is none.</summary>
    public void Plan()
    {
        if (!File.Exists(options.Model)) throw new JobException($"There is no model '{options.Model}'.");
        string modelSha256 = JobModel.HashOf(options.Model);
        using var model = JobModel.Load(context, options.Model);
        Directory.CreateDirectory(folder.Root);
        string inputs = folder.Temporary("inputs.parquet");
        try
        {
            var (rows, targets) = WriteInputs(inputs);
            var plan = Describe(model, rows, targets, modelSha256, FileCommit.HashOf(inputs));
            Check(plan, InputsFile.Read(inputs, 0, 1)[0]);
            CheckNoOther(plan);
            PublishCopy(options.Model, folder.Model(modelSha256));
            PublishCopy(inputs, folder.Inputs);
            _commit.Publish(folder.Temporary("plan.json"), folder.Plan, stream => stream.Write(plan.ToJson()));
            CheckNoOther(plan);
        }
        finally
        {
            File.Delete(inputs);
        }
    }

    /// <summary>What a worker explains rows with: the folder's model, checked, on this machine's source.</summary>
    /// <exception cref="JobException">The model or the source is not the plan's.</exception>
    public static IRowExplainer MakeExplainer(JobFolder folder, JobPlan plan, WorkOptions options, MLContext context)
    {
        string zip = folder.Model(plan.ModelSha256), source = options.Source ?? plan.Source;
        if (options.ModelCache != null) zip = ModelCache.Take(zip, plan.ModelSha256, options.ModelCache);
        if (!File.Exists(zip) || JobModel.HashOf(zip) != plan.ModelSha256) throw new JobException($"'{zip}' is missing or not the plan's model. Plan the job again: it puts the model back.");
        if (FileCommit.HashOf(folder.Inputs) != plan.InputsSha256) throw new JobException($"'{folder.Inputs}' is not what the plan was made with. Plan the job anew, in another folder.");
        if (plan.SourceSha256 != null && (!File.Exists(source) || FileCommit.HashOf(source) != plan.SourceSha256))
        {
            throw new JobException($"'{source}' is missing, or another file than when the job was planned. Put it back, name it with {nameof(WorkOptions)}.{nameof(WorkOptions.Source)}, or plan anew in another folder.");
        }

        return new ModelExplainer(context, plan, JobModel.Load(context, zip), source);
    }

    private (long Rows, string? Targets) WriteInputs(string path)
    {
        using var stream = File.Create(path);
        var written = InputsFile.Write(stream, options.Source.Read(options.HashInputs));
        return written.Rows > 0 ? written : throw new JobException("The source has no rows, so that there is nothing to explain.");
    }

    private JobPlan Describe(JobModel model, long rows, string? targets, string modelSha256, string inputsSha256)
    {
        var provenance = model.Explainer.Provenance;
        bool isTable = options.Source.Kind != SourceKind.Pictures;
        return new JobPlan
        {
            Rows = rows,
            ShardRows = options.ShardRows,
            SourceKind = options.Source.Kind.ToString(),
            Source = options.Source.Location,
            SourceSha256 = isTable ? FileCommit.HashOf(options.Source.Location) : null,
            InputsSha256 = inputsSha256,
            PathColumn = isTable ? null : PathColumn(model),
            Targets = targets,
            ModelSha256 = modelSha256,
            Method = model.Method,
            Unit = model.Unit.ToString(),
            Layer = provenance.Layer,
            NetworkSha256 = provenance.NetworkSha256,
            MeasuredRows = provenance.MeasuredRows,
            Seed = provenance.Seed,
            Options = provenance.Options,
            ClassNames = model.Explainer.Settings.ClassNames ?? [],
            MapSize = options.MapSize,
            Threads = options.Threads ?? torch.get_num_threads(),
            LibraryVersion = JobVersions.Library,
            TorchVersion = torch.__version__,
            ParquetVersion = JobVersions.Parquet,
        }.WithId();
    }

    private string PathColumn(JobModel model)
    {
        if (options.PathColumn != null) return options.PathColumn;
        string[] texts = [.. (model.Inputs ?? Enumerable.Empty<DataViewSchema.Column>()).Where(column => column.Type is TextDataViewType && !column.IsHidden).Select(column => column.Name)];
        if (model.Explainer.Settings.Input.PathColumnName is { } own && (texts.Length == 0 || texts.Contains(own))) return own;
        return texts.Length == 1
            ? texts[0]
            : throw new JobException(
                $"The model takes pictures by their paths in one of its text columns, and it has {texts.Length} ({string.Join(", ", texts)}): name one with {nameof(JobOptions)}.{nameof(JobOptions.PathColumn)}.");
    }

    private void Check(JobPlan plan, JobInput first)
    {
        using var explainer = new ModelExplainer(context, plan, JobModel.Load(context, options.Model), plan.Source);
        explainer.Check(first);
    }

    private void CheckNoOther(JobPlan plan)
    {
        if (!File.Exists(folder.Plan)) return;
        string there = JobPlan.FromJson(File.ReadAllBytes(folder.Plan), folder.Plan).Id;
        if (there == plan.Id) return;
        throw new JobException(
            $"'{folder.Root}' holds another job ({there}, not {plan.Id}): other rows, files that changed meanwhile, another model, options or versions. To go on with it, open it; else plan in another folder.");
    }

    // Without a plan, what lies there is of a plan that was interrupted.
    private void PublishCopy(string from, string to)
    {
        if (!File.Exists(folder.Plan) && File.Exists(to)) File.Delete(to);
        _commit.Publish(folder.Temporary(Path.GetFileName(to)), to, stream =>
        {
            using var source = File.OpenRead(from);
            source.CopyTo(stream);
        });
    }
}
