using CsCheck;

namespace Iba.Jobs.Tests;

/// <summary>
/// Schedules of workers over a few shards: who computes which shard, where the process ends, and who goes on while it stands still after a step and
/// finishes late. Whatever happens, the job that is worked on to its end afterwards has the bytes of one that nothing happened to.
/// </summary>
public class CommitScheduleTests
{
    private const int Rows = 20;
    private const int ShardRows = 6;

    private static readonly string Undisturbed = Merged(_ => { });

    /// <summary>One worker's turn at a shard: it dies after a step, or stands still there while others have their turns.</summary>
    private sealed record Turn(int Shard, CommitStep Step, bool Dies, Turn[] Meanwhile);

    private static readonly Gen<CommitStep> Steps = Gen.Enum<CommitStep>();

    private static readonly Gen<Turn> Turns = Gen.Recursive<Turn>((depth, inner) =>
        Gen.Select(Gen.Int[0, 3], Steps, Gen.Bool, depth < 3 ? inner.Array[0, 2] : Gen.Const(Array.Empty<Turn>()), (shard, step, dies, meanwhile) => new Turn(shard, step, dies, meanwhile)));

    [Fact]
    public void Whatever_happens_the_merged_bytes_are_the_same()
        => Turns.Array[1, 8].Sample(turns => Merged(folder => Play(folder, turns)) == Undisturbed, iter: 120, threads: 1);

    [Fact]
    public void A_commit_by_moving_files_is_found_out()
    {
        // Both looked before either renamed; the second replaces what the first committed.
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, Rows, ShardRows);
        bool intruded = false;
        var slow = new FileCommit(new MoveStore
        {
            Between = () =>
            {
                if (intruded) return;
                intruded = true;
                Run(folder.Root, 0, new FileCommit(), bias: 0);
            },
        });

        var late = Run(folder.Root, 0, slow, bias: 1);

        Assert.Equal(CommitResult.Committed, late.Result);
        Assert.NotEqual(CommitResult.Conflict, late.Result);
        StubJob.Open(folder.Root).Work();
        Assert.NotEqual(Undisturbed, StubJob.Open(folder.Root).Merge().Sha256);
    }

    [Fact]
    public void The_same_race_over_links_is_a_conflict_and_the_first_stays()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, Rows, ShardRows);
        bool intruded = false;
        var slow = new FileCommit(null, step =>
        {
            if (step != CommitStep.Flushed || intruded) return;
            intruded = true;
            Run(folder.Root, 0, new FileCommit(), bias: 0);
        });

        Assert.Equal(CommitResult.Conflict, Run(folder.Root, 0, slow, bias: 1).Result);

        var job = StubJob.Open(folder.Root);
        job.Work();
        Assert.Equal(1, job.Status().Conflicts);
        Assert.Equal(Undisturbed, job.Merge().Sha256);
    }

    [Fact]
    public void Content_that_depends_on_the_process_is_found_out()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, Rows, ShardRows);
        var job = StubJob.Open(folder.Root, () => new StubExplainer(TimeSpan.Zero, new HashSet<long>()) { Bias = Environment.ProcessId });

        job.Work();

        Assert.NotEqual(Undisturbed, job.Merge().Sha256);
        Assert.False(StubJob.Open(folder.Root).Verify().IsSame);
    }

    private static void Play(string folder, IEnumerable<Turn> turns)
    {
        foreach (var turn in turns)
        {
            bool over = false;
            var commit = new FileCommit(null, step =>
            {
                if (step != turn.Step || over) return;
                over = true;
                Play(folder, turn.Meanwhile);
                if (turn.Dies) throw new ProcessEndedException();
            });
            try
            {
                Run(folder, turn.Shard, commit, bias: 0);
            }
            catch (ProcessEndedException)
            {
                // The next turn is another process's.
            }
        }
    }

    private static ShardOutcome Run(string folder, int shard, FileCommit commit, float bias)
    {
        var place = new JobFolder(folder);
        using var explainer = new StubExplainer(TimeSpan.Zero, new HashSet<long>()) { Bias = bias };
        return new ShardRunner(place, StubJob.Open(folder).Details, explainer, commit, new AttemptLog(place, TimeSpan.FromMinutes(1))).Run(shard, CancellationToken.None);
    }

    private static string Merged(Action<string> happenings)
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, Rows, ShardRows);
        happenings(folder.Root);
        var job = StubJob.Open(folder.Root);
        Assert.True(job.Work().IsComplete);
        var merged = job.Merge();
        Assert.Equal((Rows, Rows / 13, 0), (merged.Rows, merged.Failures, merged.Conflicts));
        return merged.Sha256;
    }
}
