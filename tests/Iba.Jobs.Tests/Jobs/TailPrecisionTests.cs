using System.Text;
using Iba.MLNet;
using Iba.MLNet.Tests;
using Iba.Torch;
using Microsoft.ML;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Jobs.Tests;

/// <summary>Equal shards are equal bytes: a plan says what the tail is computed in, and workers on machines where that is something else are refused.</summary>
public sealed class TailPrecisionTests : IDisposable
{
    private static readonly BFloat16Support Offered = new(_ => null);
    private static readonly BFloat16Support NotOffered = new(_ => "this processor was built without it");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private JobPlan Plan(TailPrecision precision, BFloat16Support support)
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable(PixelExplainer.Vectors(3));
        var network = PixelModel.Load(DataType.Float, [3, 16, 16]);
        var explainer = ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Values",
            Network = network,
            Layer = "pixels",
            InputShape = [3, 16, 16],
            Seed = 1,
            Steps = 1,
            NoiseCopies = 1,
            TailPrecision = precision,
            BFloat16Support = support,
        }).Fit(rows);
        PixelExplainer.WritePhotos(_folder["photos"], "a.png");
        using var model = JobModel.Of(explainer, null, network);
        return JobPlanner.Describe(new JobOptions { Model = "explainer.zip", Source = JobSource.Folder(_folder["photos"]), PathColumn = "Photo" }, model, 1, null, "model", "inputs");
    }

    [Fact]
    public void A_plan_says_what_auto_means_where_it_is_made()
    {
        JobPlan rounded = Plan(TailPrecision.Auto, Offered), fallen = Plan(TailPrecision.Auto, NotOffered);

        Assert.Equal(("BFloat16", null), (rounded.TailPrecision, fallen.TailPrecision));
        Assert.Contains("TailPrecision = Auto", rounded.Options);
        Assert.NotEqual(rounded.Id, fallen.Id);
        Assert.Contains("\"tailPrecision\": \"BFloat16\"", Encoding.UTF8.GetString(rounded.ToJson()), StringComparison.Ordinal);
        // As in the plans of earlier versions, whose names stay what they are.
        Assert.DoesNotContain("\"tailPrecision\"", Encoding.UTF8.GetString(fallen.ToJson()), StringComparison.Ordinal);
        Assert.Equal(rounded.TailPrecision, JobPlan.FromJson(rounded.ToJson(), "plan.json").TailPrecision);
    }

    [Theory]
    [InlineData(null, TailPrecision.BFloat16, "the tail's precision Float32 in the plan and BFloat16 here")]
    [InlineData("BFloat16", TailPrecision.Float32, "the tail's precision BFloat16 in the plan and Float32 here")]
    public void A_worker_that_computes_in_another_type_is_refused_unless_that_is_allowed(string? planned, TailPrecision here, string difference)
    {
        StubJob.Plan(_folder["job"], rows: 3, shardRows: 2);
        string path = _folder["job/plan.json"];
        File.WriteAllBytes(path, (JobPlan.FromJson(File.ReadAllBytes(path), path) with { TailPrecision = planned }).WithId().ToJson());
        var job = StubJob.Open(_folder["job"], () => new StubExplainer(TimeSpan.Zero, new HashSet<long>()) { ComputedIn = here });

        Assert.Contains(difference, Assert.Throws<JobException>(() => job.Work()).Message, StringComparison.Ordinal);
        Assert.Contains(difference, Assert.Throws<JobException>(() => job.Verify()).Message, StringComparison.Ordinal);
        Assert.True(job.Work(options: new WorkOptions { AllowOtherVersions = true }).IsComplete);
    }

    [Fact]
    public void A_worker_that_computes_in_the_plans_type_works()
    {
        StubJob.Plan(_folder["job"], rows: 3, shardRows: 2);
        string path = _folder["job/plan.json"];
        File.WriteAllBytes(path, (JobPlan.FromJson(File.ReadAllBytes(path), path) with { TailPrecision = "BFloat16" }).WithId().ToJson());
        var job = StubJob.Open(_folder["job"], () => new StubExplainer(TimeSpan.Zero, new HashSet<long>()) { ComputedIn = TailPrecision.BFloat16 });

        Assert.True(job.Work().IsComplete);
    }
}
