using Microsoft.ML;

namespace Iba.Jobs;

/// <summary>
/// A job: rows to explain, and a folder in which the results gather. The folder is the truth: any process may work on it at any time, be killed, and
/// begin again; a shard that is committed is never computed again or replaced, and the merged result has the same bytes however it came about.
/// </summary>
/// <example>
/// <code>
/// using Iba.Jobs;
///
/// var options = new JobOptions { Model = "explainer.zip", Source = JobSource.Folder("photos") };
/// MergeSummary merged = IbaJob.Run("job", options);
/// Console.WriteLine($"{merged.Rows} rows, {merged.Failures} of them not explained: {merged.ResultPath}");
///
/// // The same in steps: plan once, work in any number of processes, merge once.
/// Console.WriteLine(IbaJob.Plan("job", options).Details.Shards);
/// IbaJob job = IbaJob.Open("job");
/// job.Work(job.FolderFeed());
/// if (job.Status().IsComplete) job.Merge();
/// </code>
/// </example>
public sealed class IbaJob
{
    private readonly JobFolder _folder;
    private readonly Func<WorkOptions, IRowExplainer> _makeExplainer;
    private readonly FileCommit _commit;

    internal IbaJob(JobFolder folder, JobPlan plan, Func<WorkOptions, IRowExplainer> makeExplainer, FileCommit? commit = null)
    {
        _folder = folder;
        Details = plan;
        _makeExplainer = makeExplainer;
        _commit = commit ?? new FileCommit();
    }

    /// <summary>The job's folder.</summary>
    public string Folder => _folder.Root;

    /// <summary>The plan.</summary>
    public JobPlan Details { get; }

    /// <summary>Where the result lies, once it is merged.</summary>
    public string ResultPath => _folder.Result;

    /// <summary>
    /// Plans a job: lists the rows, copies the model into the folder and writes <c>plan.json</c>. The same plan a second time changes nothing.
    /// </summary>
    /// <param name="folder">The job's folder, on a file system with hard links; made if it is not there.</param>
    /// <param name="options">What is explained, and how.</param>
    /// <param name="context">Loads the model; its device is where rows are computed. Null (default): a new one.</param>
    /// <exception cref="JobException">The model or the rows do not fit, or the folder holds another job.</exception>
    /// <exception cref="IOException">Something cannot be read or written.</exception>
    public static IbaJob Plan(string folder, JobOptions options, MLContext? context = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        context ??= new MLContext();
        var place = new JobFolder(folder);
        new JobPlanner(place, options, context).Plan();
        return Open(folder, context);
    }

    /// <summary>Opens a job that was planned.</summary>
    /// <param name="folder">The job's folder.</param>
    /// <param name="context">Loads the model; its device is where rows are computed. Null (default): a new one.</param>
    /// <exception cref="JobException">The folder holds no job, or one of a later version.</exception>
    public static IbaJob Open(string folder, MLContext? context = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        context ??= new MLContext();
        var place = new JobFolder(folder);
        if (File.Exists(place.Root)) throw new JobException($"'{place.Root}' is a file, and a job is a folder with a plan.json.");
        if (!Directory.Exists(place.Root)) throw new JobException($"There is no folder '{place.Root}', so that it holds no job. Plan one first.");
        if (!Path.Exists(place.Plan)) throw new JobException($"'{place.Root}' holds no job, or none that may be read: it has no plan.json. Plan one first.");
        var plan = JobPlan.FromJson(File.ReadAllBytes(place.Plan), place.Plan);
        return new IbaJob(place, plan, options => JobPlanner.MakeExplainer(place, plan, options, context));
    }

    /// <summary>Plans a job, works on it in this process and merges it, all in one; called again, it goes on.</summary>
    /// <param name="folder">The job's folder.</param>
    /// <param name="options">What is explained, and how.</param>
    /// <param name="work">How this process works. Null (default): the defaults.</param>
    /// <param name="cancellation">Ends the work after the rows under way; the job can be gone on with.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <inheritdoc cref="Plan" path="/exception"/>
    public static MergeSummary Run(string folder, JobOptions options, WorkOptions? work = null, CancellationToken cancellation = default)
    {
        var job = Plan(folder, options);
        job.Work(job.FolderFeed(work?.LeaseTime), work, cancellation);
        return job.Merge(cancellation);
    }

    /// <summary>A feed of the shards that are neither done nor at work elsewhere, by leases in the folder: processes may come and go. It ends when all shards are done.</summary>
    /// <param name="leaseTime">After which silence a process on another machine counts as dead. Null (default): one minute, as <see cref="WorkOptions.LeaseTime"/>.</param>
    public IShardFeed FolderFeed(TimeSpan? leaseTime = null) => new FolderFeed(_folder, Details.Shards, leaseTime ?? new WorkOptions().LeaseTime);

    /// <summary>A feed of every n-th shard, for engines that number their processes (Kubernetes, Slurm). It ends when these are done.</summary>
    /// <param name="index">This process's number, 0 to <paramref name="count"/> - 1.</param>
    /// <param name="count">The number of processes, at least 1.</param>
    public IShardFeed PartFeed(int index, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return index >= 0 && index < count
            ? new PartFeed(_folder, Details.Shards, index, count)
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"index is {index}; allowed: 0 to {count - 1}, one less than the number of processes.");
    }

    /// <summary>A feed of the shards whose numbers come in, one a line, for engines that hand them out. It ends with the lines.</summary>
    /// <param name="lines">The numbers.</param>
    /// <param name="answers">Gets a line for each shard, once it is over: its number, and "done" or "open". Null (default): nobody is told.</param>
    public IShardFeed LinesFeed(TextReader lines, TextWriter? answers = null)
    {
        ArgumentNullException.ThrowIfNull(lines);
        return new LinesFeed(Details.Shards, lines, answers);
    }

    /// <summary>Works on the job until the feed has no more shards. Any number of processes may do so at the same time.</summary>
    /// <param name="feed">Hands out the shards. Null (default): <see cref="FolderFeed"/>.</param>
    /// <param name="options">How this process works. Null (default): the defaults.</param>
    /// <param name="cancellation">Ends the work after the rows under way; committed shards stay, and the job can be gone on with.</param>
    /// <returns>What this process did.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="JobException">
    /// This process has other versions than the plan, the source or the model is another one, or more rows failed than are allowed.
    /// </exception>
    /// <exception cref="IOException">The disk is full, or the folder cannot be written to. Committed shards stay.</exception>
    public WorkSummary Work(IShardFeed? feed = null, WorkOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new WorkOptions();
        options.Validate();
        using var explainer = MakeExplainer(options);
        return new Worker(_folder, Details, explainer, _commit, options).Run(feed ?? FolderFeed(options.LeaseTime), cancellation);
    }

    /// <summary>How far the job is, read from the folder.</summary>
    public JobStatus Status() => StatusReader.Read(_folder, Details);

    /// <summary>
    /// Makes <c>result.parquet</c> of the shards, and <c>manifest.json</c>. Called again, it checks that the result is still what the shards make.
    /// </summary>
    /// <param name="cancellation">Ends it; nothing is changed.</param>
    /// <exception cref="JobException">Shards are missing or damaged, or another result is there.</exception>
    public MergeSummary Merge(CancellationToken cancellation = default) => new Merger(_folder, Details, _commit).Merge(cancellation);

    /// <summary>Computes a sample of the committed rows again, and says whether they come out with the same bits.</summary>
    /// <param name="sample">The number of rows, at least 1.</param>
    /// <param name="seed">Chooses the rows: equal seeds choose equal ones.</param>
    /// <param name="options">How this process works. Null (default): the defaults.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="JobException">Nothing is committed, or as with <see cref="Work"/>.</exception>
    public VerifySummary Verify(int sample = 20, int seed = 0, WorkOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sample);
        options ??= new WorkOptions();
        options.Validate();
        using var explainer = MakeExplainer(options);
        return new Verifier(_folder, Details, explainer).Verify(sample, seed, cancellation);
    }

    /// <summary>The rows that are committed so far, by number, read while they are enumerated.</summary>
    /// <exception cref="JobException">A shard is damaged, or another job's.</exception>
    public IEnumerable<JobRow> Rows() => _folder.Committed().Where(shard => shard < Details.Shards).SelectMany(shard => ShardReading.Rows(_folder, Details, shard));

    private IRowExplainer MakeExplainer(WorkOptions options)
    {
        var explainer = _makeExplainer(options);
        try
        {
            if (options.AllowOtherVersions || JobVersions.Difference(Details, explainer.TorchVersion, explainer.ComputedIn) is not { } difference) return explainer;
            throw OtherVersions(difference);
        }
        catch (JobException)
        {
            explainer.Dispose();
            throw;
        }
    }

    private static JobException OtherVersions(string difference)
        => new(
            $"This process has other versions than the job's plan ({difference}), and may round differently, so that the result would be neither's. Use the plan's " +
            $"versions, on a machine with the instructions of the one that planned, or set {nameof(WorkOptions)}.{nameof(WorkOptions.AllowOtherVersions)}.");
}
