using System.Text;
using System.Text.RegularExpressions;

namespace Iba.Benchmarks;

/// <summary>
/// The report: one chapter for each part, between comments that name the part. A part that is not run keeps its chapter, and the notes
/// outside the chapters stay as people wrote them.
/// </summary>
internal static partial class Report
{
    private const string Introduction =
        "# Benchmarks\n\nWritten by `dotnet run -c Release --project benchmarks/Iba.Benchmarks` (`-- --help` shows the choices).\n";

    public static IReadOnlyList<IBenchmarkPart> Parts { get; } =
        [new SpeedPart(), new ParityPart(), new PipelinePart(), new ScalingPart(), new MemoryPart(), new NetworkPart(), new MicroPart(), new ProfilePart(), new FrontierPart(), new ReadoutPart(), new StartPart()];

    public static void Write(string path, BenchmarkSettings settings)
    {
        string text = File.Exists(path) ? File.ReadAllText(path) : Introduction;
        string pictures = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "pictures");
        foreach (var part in Parts.Where(part => settings.Parts.Length == 0 || settings.Parts.Contains(part.Name)))
        {
            if (settings.OnGpu && !part.MeasuresGpu)
            {
                Console.WriteLine($"The chapter '{part.Name}' is left out: it measures the CPU.");
                continue;
            }

            if (!settings.OnGpu && !part.MeasuresCpu)
            {
                Console.WriteLine($"The chapter '{part.Name}' is left out: it needs a GPU (--device cuda).");
                continue;
            }

            string chapter = part.Run(settings, pictures).TrimEnd() + "\n\n" + Circumstances(settings, part.Method);
            text = Replace(text, part.Chapter(settings), chapter);
            File.WriteAllText(path, text);
        }
    }

    /// <summary>The text with a part's chapter replaced, or appended where there was none.</summary>
    internal static string Replace(string text, string part, string chapter)
    {
        string marked = $"<!-- {part} -->\n{chapter.Trim()}\n<!-- end of {part} -->\n";
        var old = Chapter().Matches(text).FirstOrDefault(match => match.Groups["part"].Value == part);
        return old is null ? $"{text.TrimEnd()}\n\n{marked}" : text[..old.Index] + marked + text[(old.Index + old.Length)..];
    }

    private static string Circumstances(BenchmarkSettings settings, string? method)
    {
        var text = new StringBuilder("<details><summary>Machine, versions, settings</summary>\n\n");
        foreach (var (what, value) in Machine.Describe(settings, method)) text.Append($"- {what}: {value}\n");
        return text.Append("\n</details>\n").ToString();
    }

    [GeneratedRegex(@"<!-- (?<part>\w+) -->\n.*?\n<!-- end of \k<part> -->\n", RegexOptions.Singleline)]
    private static partial Regex Chapter();
}
