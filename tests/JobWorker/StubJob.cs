namespace Iba.Jobs.Tests;

/// <summary>A job without a model, for what does not depend on one.</summary>
internal static class StubJob
{
    /// <summary>Plans a job in a folder.</summary>
    public static void Plan(string folder, int rows, int shardRows)
    {
        var place = new JobFolder(folder);
        Directory.CreateDirectory(place.Root);
        using (var stream = File.Create(place.Inputs))
        {
            InputsFile.Write(stream, Enumerable.Range(0, rows).Select(row => new JobInput(row, $"photo {row}.jpg", 1, 1, null, null)));
        }

        var plan = new JobPlan
        {
            Rows = rows,
            ShardRows = shardRows,
            SourceKind = nameof(SourceKind.Pictures),
            Method = "stub",
            Unit = "Bits",
            InputsSha256 = FileCommit.HashOf(place.Inputs),
            Threads = 1,
            LibraryVersion = JobVersions.Library,
            TorchVersion = "none",
            ParquetVersion = JobVersions.Parquet,
        };
        File.WriteAllBytes(place.Plan, plan.WithId().ToJson());
    }

    /// <summary>Opens it.</summary>
    public static IbaJob Open(string folder, Func<IRowExplainer>? explainer = null, FileCommit? commit = null)
    {
        var place = new JobFolder(folder);
        var plan = JobPlan.FromJson(File.ReadAllBytes(place.Plan), place.Plan);
        return new IbaJob(place, plan, _ => explainer?.Invoke() ?? new StubExplainer(TimeSpan.Zero, new HashSet<long>()), commit);
    }
}
