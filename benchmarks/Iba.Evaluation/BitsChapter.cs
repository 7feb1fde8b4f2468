using System.Globalization;
using System.Text;
using Iba.MLNet;
using Iba.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Evaluation;

/// <summary>How much a total of bits moves with the seed and with the photographs that Fit saw: a table for docs/reading-a-map.md.</summary>
internal static class BitsChapter
{
    private const string Begin = "<!-- bits: ", End = "<!-- /bits -->";
    private const string Map = "Map", Bits = "Bits";
    private const int Explained = 12, Seeds = 5;

    private static readonly int[] Fewer = [30, 10];

    /// <summary>Measures, and writes the table between the page's marks.</summary>
    /// <param name="page">The page.</param>
    public static void Write(string page)
    {
        string[] files = [.. Directory.EnumerateFiles(Subjects.Asset("photos"), "*.jpg").Order(StringComparer.Ordinal)];
        string[] explained = Evenly(files, Explained);
        var table = new StringBuilder();
        table.AppendLine("| what is changed | half of the totals move by at least | the farthest one by |").AppendLine("|---|---|---|");
        using var network = OnnxNetwork.Load(Subjects.Asset("efficientnet-lite0.onnx"));
        foreach (bool perChannel in new[] { false, true })
        {
            string statistics = perChannel ? ", one deviation for each channel" : "";
            using var all = Fit(network, files, perChannel);
            double[] totals = Totals(all, explained);
            if (!perChannel)
            {
                double[][] seeds = [totals, .. Enumerable.Range(1, Seeds - 1).Select(seed =>
                {
                    using var variant = all.With(seed: seed);
                    return Totals(variant, explained);
                })];
                Add($"the seed ({Seeds} of them: the deviation between them)", Enumerable.Range(0, explained.Length).Select(photo => Deviation([.. seeds.Select(seed => seed[photo])]) / seeds.Average(seed => seed[photo])));
            }

            foreach (int count in Fewer)
            {
                using var fewer = Fit(network, Evenly(files, count), perChannel);
                Add($"fitted on {count} photographs instead of {files.Length}{statistics}", Totals(fewer, explained).Zip(totals, (now, before) => Math.Abs(now - before) / before));
            }
        }

        string text = File.ReadAllText(page);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal), end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin) throw new InvalidDataException($"'{page}' has no place for the table, from '{Begin}' to '{End}'.");
        int line = text.IndexOf('\n', begin) + 1;
        File.WriteAllText(page, string.Concat(text.AsSpan(0, line), table.ToString().ReplaceLineEndings("\n"), text.AsSpan(end)));
        Console.Write(table);

        void Add(string what, IEnumerable<double> moves)
        {
            double[] sorted = [.. moves.Order()];
            table.AppendLine(CultureInfo.InvariantCulture, $"| {what} | {100 * sorted[sorted.Length / 2]:F0} % | {100 * sorted[^1]:F0} % |");
            Console.Error.WriteLine(what);
        }
    }

    private static IbaTransformer Fit(OnnxNetwork network, IEnumerable<string> files, bool perChannel)
    {
        var ml = new MLContext(seed: 0);
        return ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = Map,
            InputColumnName = nameof(Row.File),
            Network = network,
            Layer = "blocks.4",
            Preprocessing = ImagePreprocessing.EfficientNetLite,
            PerChannelStatistics = perChannel,
            TotalBitsColumnName = Bits,
            Seed = 0,
        }).Fit(ml.Data.LoadFromEnumerable(files.Select(file => new Row { File = file }).ToArray()));
    }

    private static double[] Totals(IbaTransformer explainer, IEnumerable<string> files)
        => [.. explainer.Transform(new MLContext().Data.LoadFromEnumerable(files.Select(file => new Row { File = file }).ToArray())).GetColumn<float>(Bits).Select(bits => (double)bits)];

    private static string[] Evenly(string[] all, int count) => [.. Enumerable.Range(0, count).Select(i => all[i * all.Length / count])];

    private static double Deviation(double[] values) => Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (values.Length - 1));

    private sealed class Row
    {
        public string File { get; set; } = "";
    }
}
