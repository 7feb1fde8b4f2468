using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Iba.Onnx.Tests;

/// <summary>What the reference implementations found for the metrics, see Assets/SOURCES.md; null: not defined.</summary>
internal sealed record EvaluationCase(
    DegradationCase[] Degradation,
    [property: JsonPropertyName("insertionDeletion")] InsertionDeletionCase[] InsertionDeletion,
    [property: JsonPropertyName("sensitivityN")] SensitivityNCase[] SensitivityN,
    LocalisationCase[] Localisation,
    Dictionary<string, JsonElement> Boxes,
    ComparisonCase[] Comparison,
    InfidelityCase[]? Infidelity,
    int[][][]? Squares,
    [property: JsonPropertyName("maxSensitivity")] MaxSensitivityCase[]? MaxSensitivity)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <param name="network">"tiny" or "lite0".</param>
    public static EvaluationCase Read(string network)
    {
        using var file = File.OpenRead(ReferenceFile.PathOf($"{network}/evaluation.json.gz"));
        using var json = new GZipStream(file, CompressionMode.Decompress);
        return JsonSerializer.Deserialize<EvaluationCase>(json, Options)!;
    }

    /// <summary>Compares numbers one by one.</summary>
    public static void AssertClose(IEnumerable<double> expected, IEnumerable<double> actual, double tolerance)
    {
        double[] ours = [.. actual], theirs = [.. expected];
        Assert.Equal(theirs.Length, ours.Length);
        for (int i = 0; i < ours.Length; i++) AssertClose(theirs[i], ours[i], tolerance);
    }

    /// <inheritdoc cref="AssertClose(IEnumerable{double}, IEnumerable{double}, double)"/>
    public static void AssertClose(double? expected, double actual, double tolerance)
    {
        if (expected is { } number) Assert.InRange(actual, number - tolerance, number + tolerance);
        else Assert.True(double.IsNaN(actual));
    }
}

internal sealed record DegradationCase(
    string Map, int Row, int[] Tile, int[]? Counts, double[] Morf, double[] Lerf, double Integral, double IntegralUnnormalised);

internal sealed record InsertionDeletionCase(string Map, int Row, double[] Insertion, double[] Deletion, double InsertionAuc, double DeletionAuc);

internal sealed record SensitivityNCase(int Tile, int N, int[][] Sets, double[][] Drops, Dictionary<string, SensitivityNMap> Maps);

internal sealed record SensitivityNMap(double?[] CorrelationPerImage, double? CorrelationPooled);

internal sealed record LocalisationCase(
    string Map, int Row, string Boxes, int N, double TopNInBox, double TopNInBoxTiesShared, double PositiveMassInBox, bool Pointing, bool PointingWithMargin);

internal sealed record ComparisonCase(string A, string B, int Row, SimilarityCase Signed, SimilarityCase Absolute);

internal sealed record SimilarityCase(
    [property: JsonPropertyName("ssim_uniform7")] double SsimUniform7, double SsimGaussian, double? Spearman);

internal sealed record InfidelityCase(string Explanation, string Perturbation, int Image, double Infidelity, double Normalised);

internal sealed record MaxSensitivityCase(string Explanation, int Image, [property: JsonPropertyName("max_sensitivity")] double Value, double Unnormalised);
