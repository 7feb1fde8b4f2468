using System.Collections.Immutable;
using Microsoft.ML.Data;
using static Microsoft.ML.Transforms.NormalizingTransformer;

namespace Iba.MLNet;

/// <summary>Steps between networks and classifiers that are affine.</summary>
internal static class AffineSteps
{
    /// <summary>A normaliser's column; null: the normaliser is not affine.</summary>
    public static ChainTensor? Scale(ChainTensor source, NormalizerModelParametersBase parameters) => parameters switch
    {
        AffineNormalizerModelParameters<ImmutableArray<float>> vector => new ScaledTensor(
            source, vector.Scale.ToArray(), vector.Offset.IsDefaultOrEmpty ? new float[vector.Scale.Length] : vector.Offset.ToArray()),
        AffineNormalizerModelParameters<float> scalar => new ScaledTensor(source, [scalar.Scale], [scalar.Offset]),
        _ => null,
    };

    /// <summary>A row without some of its values; null: the row's width is not known, or nothing is left.</summary>
    /// <param name="source">The row.</param>
    /// <param name="first">Where the ranges that are dropped begin.</param>
    /// <param name="last">Where they end, inclusive.</param>
    public static ChainTensor? Drop(ChainTensor source, int[] first, int[] last)
    {
        if (source.Width is not { } width) return null;
        int[] slots = Enumerable.Range(0, width).Where(slot => !first.Zip(last).Any(range => range.First <= slot && slot <= range.Second)).ToArray();
        return slots.Length > 0 ? new SelectedTensor(source, slots) : null;
    }

    /// <summary>A column as single-precision numbers, which it is already; null: it is not.</summary>
    public static ChainTensor? Convert(ChainTensor source, DataKind kind) => kind == DataKind.Single && source is not OutputTensor { IsSingle: false } ? source : null;
}
