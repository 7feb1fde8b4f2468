using System.Globalization;
using System.Text;
using Iba.Torch;

namespace Iba.Evaluation;

/// <summary>Writes docs/evaluation.md.</summary>
internal static class EvaluationPage
{
    public static void Write(string path, string arguments, IReadOnlyList<Comparison> comparisons)
    {
        string pictures = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "pictures");
        Directory.CreateDirectory(pictures);
        var page = new StringBuilder();
        page.AppendLine($"""
            # How the bottleneck's maps fare against other methods

            *Written by `dotnet run -c Release --project benchmarks/Iba.Evaluation{arguments}`; none of the numbers or outcomes is typed by hand.*

            Each method explains the predicted class of the same rows, and the network is asked what the maps are worth ([judging.md](judging.md) says what each
            number means, and what not). Numbers are means with 95 % intervals over rows (bootstrap). **A comparison counts as won or lost only where the paired
            interval over the same rows excludes 0; else it is equal.** Losses of the bottleneck are in bold.

            Photographs: those in `benchmarks/Iba.Evaluation/photographs` (public domain or CC0, with boxes drawn by hand), used neither for statistics nor for choosing
            settings. The bottleneck has the paper's settings (beta 10, 10 steps, 10 noise copies) and statistics of the 61 photographs of the samples; other methods have the
            settings that their documentation names, but for 20 samples of SmoothGrad and 500 masks of RISE (whose maps have no zero: every place is lit). Curves have 17 points. Seconds
            are those of one processor core for one map (medians), on the machine that wrote this page. Guided methods treat Clip at 0 (ReLU6) as a rectifier. Sentences: the test sentences of the sample, statistics of its prototypes;
            insertion and deletion replace tokens by [MASK].

            """);
        foreach (var comparison in comparisons) Write(page, comparison, pictures);
        File.WriteAllText(path, page.ToString().ReplaceLineEndings("\n").TrimEnd() + "\n");
    }

    private static void Write(StringBuilder page, Comparison comparison, string pictures)
    {
        var numbers = comparison.IsPictures ? Number.Pictures : Number.Words;
        page.AppendLine(CultureInfo.InvariantCulture, $"## {comparison.Title}").AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"{Count(comparison)}.").AppendLine();
        page.AppendLine($"| method | {string.Join(" | ", numbers.Select(number => $"{number.Title} ({(number.HigherIsBetter ? "higher" : "lower")})"))} | core seconds |");
        page.AppendLine($"|---|{string.Concat(numbers.Select(_ => "---|"))}---|");
        foreach (var result in comparison.Results)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {result.Name} | {string.Join(" | ", numbers.Select(number => Cell(number.Mean(result))))} | {result.Seconds:0.00} |");
        }

        if (comparison.IsPictures)
        {
            double[] objects = [.. comparison.Results[0].Measurements.Select(row => row.Localization).OfType<LocalizationScores>().Select(scores => scores.AreaShare)];
            double area = objects.Average();
            int small = objects.Count(share => share < 0.3);
            page.AppendLine().AppendLine(CultureInfo.InvariantCulture,
                $"Objects cover {area:P0} of the picture in the mean, which is the top share of a map at random; {small} of them are below 30 %. Localisation on large, central objects says little: look at the small ones, and at the centred Gaussian.");
        }

        foreach (var bottleneck in comparison.Results.Where(result => result.IsBottleneck)) WriteOutcomes(page, comparison, numbers, bottleneck);
        WriteReasons(page, comparison, numbers);
        if (!comparison.IsPictures) return;
        CurveChart.Save(Path.Combine(pictures, $"evaluation-{comparison.Name}-curves.png"), comparison);
        MethodSheet.Save(Path.Combine(pictures, $"evaluation-{comparison.Name}-sheet.png"), comparison);
        page.AppendLine().AppendLine($"![Degradation curves](pictures/evaluation-{comparison.Name}-curves.png)");
        page.AppendLine().AppendLine($"![The same photographs under all methods, each map on its own scale](pictures/evaluation-{comparison.Name}-sheet.png)").AppendLine();
    }

    private static string Count(Comparison comparison)
    {
        string kind = comparison.IsPictures ? "photographs" : "sentences";
        return comparison.Rows == comparison.Available
            ? string.Create(CultureInfo.InvariantCulture, $"All {comparison.Rows} {kind}")
            : string.Create(CultureInfo.InvariantCulture, $"{comparison.Rows} of {comparison.Available} {kind}, spread over all of them: the others have not been measured under all methods");
    }

    private static void WriteOutcomes(StringBuilder page, Comparison comparison, IReadOnlyList<Number> numbers, ContenderResult bottleneck)
    {
        page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"**{bottleneck.Name}** against the others (difference of the means, with its interval):").AppendLine();
        page.AppendLine($"| against | {string.Join(" | ", numbers.Select(number => number.Title))} |");
        page.AppendLine($"|---|{string.Concat(numbers.Select(_ => "---|"))}");
        foreach (var other in comparison.Results.Where(result => result != bottleneck))
        {
            page.AppendLine($"| {other.Name} | {string.Join(" | ", numbers.Select(number => Outcome(number, bottleneck, other)))} |");
        }
    }

    /// <summary>What is likely to be behind a loss, for each number that has one.</summary>
    private static void WriteReasons(StringBuilder page, Comparison comparison, IReadOnlyList<Number> numbers)
    {
        var lost = numbers.Where(number => comparison.Results.Any(
            bottleneck => bottleneck.IsBottleneck && comparison.Results.Any(other => !other.IsBottleneck && number.Compare(bottleneck, other).Outcome == "lost"))).ToArray();
        if (lost.Length == 0) return;
        page.AppendLine().AppendLine("Where the bottleneck loses, this is likely to be why:").AppendLine();
        foreach (var number in lost) page.AppendLine(CultureInfo.InvariantCulture, $"- *{number.Title}*: {number.WhyLost}");
    }

    private static string Outcome(Number number, ContenderResult bottleneck, ContenderResult other)
    {
        var (outcome, difference) = number.Compare(bottleneck, other);
        string text = difference.HasInterval
            ? string.Create(CultureInfo.InvariantCulture, $"{outcome} {difference.Value:+0.00;-0.00;0.00} [{difference.Lower:0.00}, {difference.Upper:0.00}]")
            : "no interval";
        return outcome == "lost" ? $"**{text}**" : text;
    }

    private static string Cell(ConfidenceInterval interval)
        => interval.HasInterval
            ? string.Create(CultureInfo.InvariantCulture, $"{interval.Value:0.000} [{interval.Lower:0.00}, {interval.Upper:0.00}]")
            : string.Create(CultureInfo.InvariantCulture, $"{interval.Value:0.000}");
}
