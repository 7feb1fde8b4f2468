namespace Iba.Jobs.Tests;

/// <summary>Disks that are full, and folders that cannot be written to.</summary>
public class DiskTests
{
    [Fact]
    public void A_full_disk_ends_the_work_with_an_error_and_the_job_goes_on_when_there_is_room()
    {
        using var mounted = new MountedFolder("2m");
        StubJob.Plan(mounted.Root, rows: 60, shardRows: 10);
        var job = StubJob.Open(mounted.Root);
        job.Work(job.PartFeed(0, 3));
        string ballast = Path.Combine(mounted.Root, "ballast");
        Fill(ballast);

        var failure = Assert.ThrowsAny<IOException>(() => job.Work());

        Assert.Contains("No space left on device", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, job.Status().ShardsDone);
        File.Delete(ballast);
        Assert.True(job.Work().IsComplete);
        Assert.Equal((60, 0), (job.Merge().Rows, job.Status().Deaths));
    }

    [Fact]
    public void A_disk_that_fills_up_within_a_shard_leaves_no_half_of_it()
    {
        using var mounted = new MountedFolder("2m");
        StubJob.Plan(mounted.Root, rows: 60, shardRows: 10);
        string ballast = Path.Combine(mounted.Root, "ballast");
        var full = StubJob.Open(mounted.Root, null, new FileCommit(null, step =>
        {
            if (step == CommitStep.Created) Fill(ballast);
        }));

        Assert.ThrowsAny<Exception>(() => full.Work());

        Assert.Equal(0, full.Status().ShardsDone);
        Assert.Empty(Directory.GetFiles(Path.Combine(mounted.Root, "tmp")));
        File.Delete(ballast);
        Assert.True(StubJob.Open(mounted.Root).Work().IsComplete);
    }

    [Fact]
    public void A_folder_that_is_read_only_is_refused_and_can_be_read()
    {
        using var mounted = new MountedFolder("2m");
        StubJob.Plan(mounted.Root, rows: 20, shardRows: 10);
        var job = StubJob.Open(mounted.Root);
        job.Work(job.PartFeed(0, 2));
        mounted.MakeReadOnly();

        Assert.Contains("Read-only file system", Assert.ThrowsAny<IOException>(() => job.Work()).Message, StringComparison.Ordinal);
        Assert.Equal(10, job.Rows().Count());
        Assert.Equal(1, job.Status().ShardsDone);

        mounted.MakeWritable();
        Assert.True(job.Work().IsComplete);
    }

    private static void Fill(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1);
            byte[] page = new byte[4096];
            while (true) file.Write(page);
        }
        catch (IOException)
        {
            // Full, as it is meant to be.
        }
    }
}
