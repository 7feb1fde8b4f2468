using System.Text.Json;

namespace Iba.MLNet.Tests;

/// <summary>The topic classifier's files, and what others computed with it.</summary>
internal static class TopicsAssets
{
    public static string Vocabulary { get; } = Path.Combine(AppContext.BaseDirectory, "assets", "topics", "vocab.txt");

    public static string Network { get; } = Path.Combine(AppContext.BaseDirectory, "assets", "topics", "topics.onnx");

    /// <summary>A text and its token ids.</summary>
    internal sealed record Tokens(string Text, long[] Ids);

    public static IReadOnlyList<Tokens> Read(string golden) => JsonSerializer.Deserialize<Tokens[]>(
        File.ReadAllText(Golden(golden)), JsonSerializerOptions.Web)!;

    public static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "text", name);
}
