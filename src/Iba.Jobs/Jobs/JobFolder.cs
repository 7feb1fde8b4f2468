using System.Globalization;

namespace Iba.Jobs;

/// <summary>Where things lie in a job's folder. The folder is the truth: what is committed there is done, whatever anybody remembers.</summary>
internal sealed class JobFolder(string root)
{
    private const int ShardsPerFolder = 1000;

    public string Root { get; } = Path.GetFullPath(root);

    public string Plan => Path.Combine(Root, "plan.json");

    public string Inputs => Path.Combine(Root, "inputs.parquet");

    public string Manifest => Path.Combine(Root, "manifest.json");

    public string Result => Path.Combine(Root, "result.parquet");

    public string Conflicts => Path.Combine(Root, "conflicts");

    public string Leases => Path.Combine(Root, "leases");

    public string Attempts => Path.Combine(Root, "attempts");

    public string Runs => Path.Combine(Root, "runs");

    private string Shards => Path.Combine(Root, "shards");

    private string TemporaryFiles => Path.Combine(Root, "tmp");

    /// <summary>The model with a hash.</summary>
    public string Model(string sha256) => Path.Combine(Root, "model", $"{sha256}.zip");

    /// <summary>The committed file of a shard.</summary>
    public string Shard(int shard) => Path.Combine(Shards, Number(shard / ShardsPerFolder, "D3"), $"{ShardName(shard)}.parquet");

    /// <summary>What files about a shard begin with.</summary>
    public static string ShardName(int shard) => $"part-{Number(shard, "D6")}";

    /// <summary>The shard that a file is about; null: none.</summary>
    public static int? ShardOf(string path)
    {
        string name = Path.GetFileName(path).Split('.')[0];
        return name.StartsWith("part-", StringComparison.Ordinal) && int.TryParse(name["part-".Length..], CultureInfo.InvariantCulture, out int shard) ? shard : null;
    }

    public bool IsCommitted(int shard) => File.Exists(Shard(shard));

    /// <summary>The shards that are there, by number.</summary>
    public SortedSet<int> Committed()
    {
        var found = new SortedSet<int>();
        if (!Directory.Exists(Shards)) return found;
        foreach (string file in Directory.EnumerateFiles(Shards, "part-*.parquet", SearchOption.AllDirectories))
        {
            if (ShardOf(file) is { } shard && file == Shard(shard)) found.Add(shard);
        }

        return found;
    }

    /// <summary>A name for a temporary file that nobody else uses.</summary>
    public string Temporary(string name)
    {
        Directory.CreateDirectory(TemporaryFiles);
        return Path.Combine(TemporaryFiles, $"{name}.{Guid.NewGuid():N}");
    }

    /// <summary>Writes a file that only this process writes, whole or not at all; a later one takes its place.</summary>
    public void Replace(string path, byte[] content)
    {
        string temporary = Temporary(Path.GetFileName(path));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>What time it is on the file system, whose clock need not be this machine's; this machine's, where the folder may only be read.</summary>
    public DateTime Now()
    {
        try
        {
            string file = Temporary("now");
            File.WriteAllBytes(file, []);
            var now = File.GetLastWriteTimeUtc(file);
            File.Delete(file);
            return now;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return DateTime.UtcNow;
        }
    }

    private static string Number(int number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
