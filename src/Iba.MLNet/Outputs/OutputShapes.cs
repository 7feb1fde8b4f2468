namespace Iba.MLNet;

/// <summary>The sizes of added columns.</summary>
/// <param name="MapSize">The map's size, <c>[H, W]</c> or <c>[L]</c>; -1 where rows differ.</param>
/// <param name="FeatureShape">The shape of one row of the layer's features; -1 where rows differ.</param>
/// <param name="ClassCount">The number of classes.</param>
/// <param name="ClassNames">Their names; null: unknown.</param>
internal sealed record OutputShapes(IReadOnlyList<long> MapSize, IReadOnlyList<long> FeatureShape, int ClassCount, IReadOnlyList<string>? ClassNames)
{
    /// <summary>How many questions are asked of each row, whose maps are stacked; null: one, and no stack.</summary>
    public int? Questions { get; init; }

    /// <summary>The number of maps, of several layers or methods. Default 1.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>The shape of what there is for each question.</summary>
    /// <param name="one">The shape for one question.</param>
    public IReadOnlyList<long> Stacked(params IReadOnlyList<long> one) => Questions is { } questions ? [questions, .. one] : one;
}
