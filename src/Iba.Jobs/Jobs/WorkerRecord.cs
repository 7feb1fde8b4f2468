using System.Text.Json;

namespace Iba.Jobs;

/// <summary>Which process holds a lease or tries a shard, so that others can tell whether it still lives.</summary>
/// <param name="Host">Where process numbers mean the same, see <see cref="ProcessSpace"/>.</param>
/// <param name="Process">The process's number there.</param>
/// <param name="Started">When it started, see <see cref="ProcessSpace.StartOf"/>: numbers are used again.</param>
/// <param name="Row">The row that it tries by itself; null: a shard as a whole.</param>
internal sealed record WorkerRecord(string Host, int Process, long Started, long? Row = null)
{
    /// <summary>This process.</summary>
    public static WorkerRecord Current { get; } = new(ProcessSpace.Name, Environment.ProcessId, ProcessSpace.StartOf(Environment.ProcessId)!.Value);

    /// <summary>A name for files of this process, which no other process ever has.</summary>
    public static string WorkerName { get; } = $"{Environment.MachineName}-{Current.Process}-{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>The record as a file has it.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this);

    /// <summary>Reads a record; null: it is gone, or only half written.</summary>
    public static WorkerRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<WorkerRecord>(File.ReadAllBytes(path));
        }
        catch (Exception failure) when (failure is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether the process of a file has ended: looked up if it ran on this machine, else by its last sign of life.</summary>
    /// <param name="record">What the file says; null: nothing.</param>
    /// <param name="silence">How long ago the file was last written to.</param>
    /// <param name="leaseTime">After which silence a process counts as dead.</param>
    public static bool IsDead(WorkerRecord? record, TimeSpan silence, TimeSpan leaseTime)
        => silence > leaseTime || (record != null && record.Host == Current.Host && ProcessSpace.StartOf(record.Process) != record.Started);
}
