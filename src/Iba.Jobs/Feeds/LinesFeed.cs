using System.Globalization;

namespace Iba.Jobs;

/// <summary>The shards whose numbers come in as lines, until the lines end; each one's end is answered by a line.</summary>
internal sealed class LinesFeed(int shards, TextReader lines, TextWriter? answers) : IShardFeed
{
    /// <inheritdoc/>
    public ShardLease? Next(CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (lines.ReadLine() is not { } line) return null;
            if (string.IsNullOrWhiteSpace(line)) continue;
            return int.TryParse(line, NumberStyles.Integer, CultureInfo.InvariantCulture, out int shard) && shard >= 0 && shard < shards
                ? new ShardLease(shard)
                : throw new JobException($"The line '{line}' names no shard of this job; allowed: 0 to {shards - 1}, a number a line.");
        }
    }

    /// <inheritdoc/>
    public bool Renew(ShardLease lease) => true;

    /// <inheritdoc/>
    public void Done(ShardLease lease, bool isCommitted)
    {
        answers?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{lease.Shard} {(isCommitted ? "done" : "open")}"));
        answers?.Flush();
    }
}
