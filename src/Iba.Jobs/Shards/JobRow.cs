using System.Runtime.InteropServices;

namespace Iba.Jobs;

/// <summary>What a job found for one row. Where it found nothing, <see cref="Failure"/> says why, and all that would have been found is null.</summary>
public sealed record JobRow
{
    /// <summary>The row's number in the job, from 0.</summary>
    public required long Row { get; init; }

    /// <summary>Its name: a file's path below the source's folder, or "table.parquet#17".</summary>
    public required string Uri { get; init; }

    /// <summary>The class that was explained, from 0.</summary>
    public int? Target { get; init; }

    /// <summary>Its name; null also where the explainer knows no names.</summary>
    public string? TargetName { get; init; }

    /// <summary>The class with the highest probability, from 0.</summary>
    public int? Predicted { get; init; }

    /// <summary>The probability of the explained class, 0 to 1.</summary>
    public float? Probability { get; init; }

    /// <summary>The same under the bottleneck: what of it the map's bits are enough for. Null also for other methods.</summary>
    public float? ProbabilityWithBottleneck { get; init; }

    /// <summary>The map's sum in bits. Null also for methods whose maps are not in bits.</summary>
    public float? Bits { get; init; }

    /// <summary>The map's shape, <c>[H, W]</c> or <c>[L]</c>.</summary>
    public IReadOnlyList<int>? MapShape { get; init; }

    /// <summary>The shape of what was explained, without channels: that of the map once it is stretched.</summary>
    public IReadOnlyList<int>? InputShape { get; init; }

    /// <summary>The map, row-major: bits per position, or whatever the plan's unit says.</summary>
    public float[]? Heatmap { get; init; }

    /// <summary>Why the row could not be explained; null: it was.</summary>
    public string? Failure { get; init; }

    /// <summary>A row that could not be explained.</summary>
    internal static JobRow Failed(JobInput input, string reason) => new() { Row = input.Row, Uri = input.Uri, Failure = reason };

    /// <summary>Writes all of it in one way: equal bytes mean equal rows, down to the last bit.</summary>
    internal void Write(BinaryWriter writer)
    {
        writer.Write(Row);
        writer.Write(Uri);
        Number(Target);
        Text(TargetName);
        Number(Predicted);
        Single(Probability);
        Single(ProbabilityWithBottleneck);
        Single(Bits);
        Shape(MapShape);
        Shape(InputShape);
        writer.Write(Heatmap?.Length ?? -1);
        writer.Write(MemoryMarshal.AsBytes<float>(Heatmap));
        Text(Failure);

        void Number(int? value)
        {
            writer.Write(value.HasValue);
            writer.Write(value.GetValueOrDefault());
        }

        void Single(float? value)
        {
            writer.Write(value.HasValue);
            writer.Write(value.GetValueOrDefault());
        }

        void Text(string? value)
        {
            writer.Write(value != null);
            writer.Write(value ?? "");
        }

        void Shape(IReadOnlyList<int>? shape)
        {
            writer.Write(shape?.Count ?? -1);
            foreach (int size in shape ?? []) writer.Write(size);
        }
    }
}
