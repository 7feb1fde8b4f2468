using Iba.Torch;
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
        if (File.Exists(folder.Root)) throw new JobException($"'{folder.Root}' is a file: a job needs a folder of its own.");
        Directory.CreateDirectory(folder.Root);
        string inputs = folder.Temporary("inputs.parquet");
        try
        {
            var (rows, targets) = WriteInputs(inputs);
            var plan = Describe(options, model, rows, targets, modelSha256, FileCommit.HashOf(inputs));
            using (var explainer = new ModelExplainer(context, plan, model, plan.Source)) explainer.Check(InputsFile.Read(inputs, 0, 1)[0]);
            CheckNoOther(plan);
            PublishCopy(options.Model, folder.Model(modelSha256), copy => JobModel.TryHashOf(copy) == modelSha256);
            PublishCopy(inputs, folder.Inputs, copy => FileCommit.HashOf(copy) == plan.InputsSha256);
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
        JobInput? first = null;
        bool any = false;
        var written = InputsFile.Write(stream, options.Source.Read(options.HashInputs).Select(input =>
        {
            first ??= input;
            any |= input.Size >= 0;
            return input;
        }));
        if (first == null) throw new JobException("The source has no rows, so that there is nothing to explain.");
        if (any) return written;
        throw new JobException(
            $"None of the {written.Rows} files of the source can be read; the first is '{Path.Combine(options.Source.Location, first.Uri)}'. A list names a file a line, below the list's own folder or by absolute paths.");
    }

    /// <summary>The plan of rows that are listed.</summary>
    /// <param name="options">What is explained, and how.</param>
    /// <param name="model">The model.</param>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="targets">What the source says of the class to explain.</param>
    /// <param name="modelSha256">The model's hash.</param>
    /// <param name="inputsSha256">That of the list.</param>
    public static JobPlan Describe(JobOptions options, JobModel model, long rows, string? targets, string modelSha256, string inputsSha256)
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
            PathColumn = isTable ? null : PathColumn(options, model),
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
            TailPrecision = model.ComputedIn is var precision and not TailPrecision.Float32 ? precision.ToString() : null,
            Threads = options.Threads ?? torch.get_num_threads(),
            LibraryVersion = JobVersions.Library,
            TorchVersion = torch.__version__,
            ParquetVersion = JobVersions.Parquet,
        }.WithId();
    }

    private static string PathColumn(JobOptions options, JobModel model)
    {
        if (options.PathColumn != null) return options.PathColumn;
        string[] texts = [.. (model.Inputs ?? Enumerable.Empty<DataViewSchema.Column>()).Where(column => column.Type is TextDataViewType && !column.IsHidden).Select(column => column.Name)];
        if (model.Explainer.Settings.Input.PathColumnName is { } own && (texts.Length == 0 || texts.Contains(own))) return own;
        return texts.Length == 1
            ? texts[0]
            : throw new JobException(
                $"The model takes pictures by their paths in one of its text columns, and it has {texts.Length} ({string.Join(", ", texts)}): name one with {nameof(JobOptions)}.{nameof(JobOptions.PathColumn)}.");
    }

    private void CheckNoOther(JobPlan plan)
    {
        if (!File.Exists(folder.Plan)) return;
        string there = JobPlan.FromJson(File.ReadAllBytes(folder.Plan), folder.Plan).Id;
        if (there == plan.Id) return;
        throw new JobException(
            $"'{folder.Root}' holds another job ({there}, not {plan.Id}): other rows, files that changed meanwhile, another model, options or versions. To go on with it, open it; else plan in another folder.");
    }

    // What lies there and is not it is of a plan that was interrupted, or was damaged since.
    private void PublishCopy(string from, string to, Func<string, bool> isIt)
    {
        if (File.Exists(to) && !isIt(to)) File.Delete(to);
        _commit.Publish(folder.Temporary(Path.GetFileName(to)), to, stream =>
        {
            using var source = File.OpenRead(from);
            source.CopyTo(stream);
        });
    }
}
