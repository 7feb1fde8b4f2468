using System.Globalization;

namespace Iba.Jobs;

/// <summary>The keys and values of a shard's file and of the result's: no time, machine or process, or equal rows would make other bytes.</summary>
internal static class ShardNotes
{
    public const string Job = "iba.job";
    public const string FirstRow = "iba.rows.first";

    /// <summary>Those of a range of rows.</summary>
    public static Dictionary<string, string> Of(JobPlan plan, long first)
    {
        var notes = new Dictionary<string, string>
        {
            ["iba.schema"] = Number(plan.Schema),
            [Job] = plan.Id,
            [FirstRow] = Number(first),
            ["iba.method"] = plan.Method,
            ["iba.unit"] = plan.Unit,
            ["iba.map_size"] = plan.MapSize.ToString(),
            ["iba.model.sha256"] = plan.ModelSha256,
            ["iba.inputs.sha256"] = plan.InputsSha256,
            ["iba.options"] = string.Join('\n', plan.Options),
            ["iba.version"] = plan.LibraryVersion,
            ["iba.torch.version"] = plan.TorchVersion,
            ["iba.threads"] = Number(plan.Threads),
        };
        if (plan.Layer != null) notes["iba.layer"] = plan.Layer;
        if (plan.NetworkSha256 != null) notes["iba.network.sha256"] = plan.NetworkSha256;
        if (plan.MeasuredRows is { } measured) notes["iba.measured_rows"] = Number(measured);
        if (plan.Seed is { } seed) notes["iba.seed"] = Number(seed);
        return notes;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
