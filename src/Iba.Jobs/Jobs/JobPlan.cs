using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Iba.MLNet;

namespace Iba.Jobs;

/// <summary>
/// What a job's result depends on, all of it: the file <c>plan.json</c>. It is written once, when the job is planned, and has no date: equal
/// inputs, model and options make equal plans.
/// </summary>
public sealed record JobPlan
{
    internal const int CurrentSchema = 1;

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
        IndentSize = 2,
        NewLine = "\n",
    };

    [JsonConstructor]
    internal JobPlan()
    {
    }

    /// <summary>The version of this file's form.</summary>
    [JsonInclude]
    public int Schema { get; internal init; } = CurrentSchema;

    /// <summary>The job's name: 16 digits of the hash of all that follows.</summary>
    [JsonInclude]
    public string Id { get; internal init; } = "";

    /// <summary>The number of rows.</summary>
    [JsonInclude]
    public long Rows { get; internal init; }

    /// <summary>Rows in a shard; the last has what is left.</summary>
    [JsonInclude]
    public int ShardRows { get; internal init; }

    /// <summary>What kind of source it is: Pictures, Parquet, Binary.</summary>
    [JsonInclude]
    public string SourceKind { get; internal init; } = "";

    /// <summary>The folder that paths start from, or the table's file; empty: paths are absolute.</summary>
    [JsonInclude]
    public string Source { get; internal init; } = "";

    /// <summary>The hash of the table's file; null: the rows are files of their own.</summary>
    [JsonInclude]
    public string? SourceSha256 { get; internal init; }

    /// <summary>The hash of <c>inputs.parquet</c>, which names the rows.</summary>
    [JsonInclude]
    public string InputsSha256 { get; internal init; } = "";

    /// <summary>The column that takes paths; null: rows have columns of their own.</summary>
    [JsonInclude]
    public string? PathColumn { get; internal init; }

    /// <summary>What the source says of the class to explain: nothing (null), "number" or "name".</summary>
    [JsonInclude]
    public string? Targets { get; internal init; }

    /// <summary>The hash of the model zip's entries; its copy in the folder is named by it.</summary>
    [JsonInclude]
    public string ModelSha256 { get; internal init; } = "";

    /// <summary>The method of attribution, "bottleneck" for the information bottleneck.</summary>
    [JsonInclude]
    public string Method { get; internal init; } = "";

    /// <summary>What the numbers of a map mean, a name of <see cref="Iba.Torch.MapUnit"/>.</summary>
    [JsonInclude]
    public string Unit { get; internal init; } = "";

    /// <summary>The layer at which the network is cut; null: at its input.</summary>
    [JsonInclude]
    public string? Layer { get; internal init; }

    /// <summary>The hash of the network as it is saved; null: not known.</summary>
    [JsonInclude]
    public string? NetworkSha256 { get; internal init; }

    /// <summary>The number of rows that the layer's statistics were measured on; null: the method measures none.</summary>
    [JsonInclude]
    public long? MeasuredRows { get; internal init; }

    /// <summary>The seed of the noise; null: the method has none.</summary>
    [JsonInclude]
    public long? Seed { get; internal init; }

    /// <summary>The options of the explainer's estimator, a line each.</summary>
    [JsonInclude]
    public IReadOnlyList<string> Options { get; internal init; } = [];

    /// <summary>The names of the classes, where the explainer knows them; else empty.</summary>
    [JsonInclude]
    public IReadOnlyList<string> ClassNames { get; internal init; } = [];

    /// <summary>The size of the maps.</summary>
    [JsonInclude]
    public MapSize MapSize { get; internal init; }

    /// <summary>
    /// What the network behind the layer is computed in, "BFloat16", also where the explainer's options leave it open; null, and not in the file: in the network's own type.
    /// </summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TailPrecision { get; internal init; }

    /// <summary>The number of libtorch's threads.</summary>
    [JsonInclude]
    public int Threads { get; internal init; }

    /// <summary>The version of this library, with the commit that it was built of.</summary>
    [JsonInclude]
    public string LibraryVersion { get; internal init; } = "";

    /// <summary>The version of libtorch.</summary>
    [JsonInclude]
    public string TorchVersion { get; internal init; } = "";

    /// <summary>The version of the library that writes Parquet files.</summary>
    [JsonInclude]
    public string ParquetVersion { get; internal init; } = "";

    /// <summary>The number of shards.</summary>
    [JsonIgnore]
    public int Shards => checked((int)((Rows + ShardRows - 1) / ShardRows));

    /// <summary>The rows of a shard.</summary>
    /// <param name="shard">0 to <see cref="Shards"/> - 1.</param>
    /// <returns>The number of its first row, and how many it has.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such shard.</exception>
    public (long First, int Count) RangeOf(int shard)
    {
        if (shard < 0 || shard >= Shards) throw new ArgumentOutOfRangeException(nameof(shard), shard, $"Shard {shard} is not in the plan; allowed: 0 to {Shards - 1}.");
        long first = (long)shard * ShardRows;
        return (first, (int)Math.Min(ShardRows, Rows - first));
    }

    /// <summary>The same with its name.</summary>
    internal JobPlan WithId() => this with { Id = Convert.ToHexStringLower(SHA256.HashData((this with { Id = "" }).ToJson()))[..16] };

    internal byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Format), (byte)'\n'];

    /// <exception cref="JobException">The text is no plan, or one of a later version, or was changed by hand.</exception>
    internal static JobPlan FromJson(ReadOnlySpan<byte> json, string path)
    {
        try
        {
            var plan = JsonSerializer.Deserialize<JobPlan>(json, Format) ?? throw new JobException($"'{path}' is no plan of a job: it is empty.");
            if (plan.Schema != CurrentSchema) throw new JobException($"'{path}' has the form {plan.Schema}; this version reads {CurrentSchema}. Use the version of the library that made it.");
            return plan.ShardRows > 0 && plan.Rows > 0 && plan.WithId().Id == plan.Id
                ? plan
                : throw new JobException($"'{path}' was changed after it was made: its name no longer fits. Plan the job anew, in another folder.");
        }
        catch (JsonException problem)
        {
            throw new JobException($"'{path}' is no plan of a job: {problem.Message}", problem);
        }
    }
}
