using System.Runtime.InteropServices;
using System.Text.Json;

namespace Iba.Jobs;

/// <summary>What is known of the way a shard was computed, beside what it holds: a file in <c>runs/</c>.</summary>
internal sealed record RunRecord
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The process.</summary>
    public required string Worker { get; init; }

    /// <summary>What computed: a processor's or a device's name.</summary>
    public required string Processor { get; init; }

    /// <summary>The number of libtorch's threads.</summary>
    public required int Threads { get; init; }

    /// <summary>When it began.</summary>
    public required DateTime Started { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The number of rows.</summary>
    public required long Rows { get; init; }

    /// <summary>Those that could not be explained.</summary>
    public required long Failures { get; init; }

    /// <summary>What became of the commit.</summary>
    public required string Outcome { get; init; }

    /// <summary>Whether rows were tried one by one, since processes had died.</summary>
    public required bool OneByOne { get; init; }

    /// <summary>The versions that computed it.</summary>
    public required string LibraryVersion { get; init; }

    /// <inheritdoc cref="LibraryVersion"/>
    public required string TorchVersion { get; init; }

    /// <summary>This machine's processor.</summary>
    public static string ProcessorName { get; } = FindProcessor();

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Format);

    /// <summary>Reads a record; null: it is damaged, which costs nothing but the knowledge.</summary>
    public static RunRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<RunRecord>(File.ReadAllBytes(path), Format);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string FindProcessor()
    {
        const string Key = "model name";
        string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
