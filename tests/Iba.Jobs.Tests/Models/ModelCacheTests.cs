namespace Iba.Jobs.Tests;

/// <summary>Copies of models on a worker's machine.</summary>
public sealed class ModelCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly IbaJob _job;

    public ModelCacheTests()
    {
        PixelExplainer.WritePhotos(_folder["photos"], ["a.png", "b.png"]);
        PixelExplainer.SaveForPaths(_folder["explainer.zip"], _folder["photos"]);
        _job = IbaJob.Plan(_folder["job"], new JobOptions { Model = _folder["explainer.zip"], Source = JobSource.Folder(_folder["photos"]), ShardRows = 1 });
    }

    private string Copy => _folder[$"cache/{_job.Details.ModelSha256}.zip"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_is_copied_once_and_read_there()
    {
        _job.Work(_job.PartFeed(0, 2), Cached());
        Assert.Equal(File.ReadAllBytes(_folder[$"job/model/{_job.Details.ModelSha256}.zip"]), File.ReadAllBytes(Copy));
        Assert.Equal(Copy, Assert.Single(Directory.GetFiles(_folder["cache"])));

        // The copy alone is enough.
        File.Delete(_folder[$"job/model/{_job.Details.ModelSha256}.zip"]);
        Assert.True(_job.Work(options: Cached()).IsComplete);
    }

    [Fact]
    public void A_copy_that_was_cut_short_or_changed_is_made_anew()
    {
        _job.Work(_job.PartFeed(0, 2), Cached());
        byte[] whole = File.ReadAllBytes(Copy);
        foreach (byte[] damaged in new[] { whole[..(whole.Length / 2)], [] })
        {
            File.WriteAllBytes(Copy, damaged);
            _job.Work(_job.PartFeed(1, 2), Cached());
            Assert.Equal(whole, File.ReadAllBytes(Copy));
        }
    }

    [Fact]
    public void A_model_that_is_nowhere_is_missed()
    {
        File.Delete(_folder[$"job/model/{_job.Details.ModelSha256}.zip"]);

        Assert.Contains("is missing or not the plan's model", Assert.Throws<JobException>(() => _job.Work(options: Cached())).Message, StringComparison.Ordinal);
    }

    private WorkOptions Cached() => new() { ModelCache = _folder["cache"] };
}
