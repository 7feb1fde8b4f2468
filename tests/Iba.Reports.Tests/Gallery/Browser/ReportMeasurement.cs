using System.Diagnostics;
using System.Globalization;
using Iba.Torch;
using Microsoft.Playwright;

namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>
/// How large and how fast a report is: names and values, as docs/reports.md shows them. What the page's main thread computes is measured in
/// processor time, which other work on the machine does not change.
/// </summary>
internal static class ReportMeasurement
{
    private const string Search = """
        async () => {
          document.querySelector('#search').value = '7';
          document.querySelector('#search').dispatchEvent(new Event('input', { bubbles: true }));
          await new Promise(requestAnimationFrame);
          await new Promise(requestAnimationFrame);
        }
        """;

    private const string Sort = """
        async () => {
          document.querySelector('#order').value = 'bits:down';
          document.querySelector('#order').dispatchEvent(new Event('change'));
          await new Promise(requestAnimationFrame);
          await new Promise(requestAnimationFrame);
        }
        """;

    // 4,800 pixels a second, 18 lines of pictures.
    private const string Scroll = """
        async frames => {
          for (let frame = 0; frame < frames; frame++) {
            scrollBy(0, 80);
            await new Promise(requestAnimationFrame);
          }
        }
        """;

    public static async Task<IReadOnlyList<(string What, string Value)>> MeasureAsync(Chromium chromium, int rows, int rowsInOneFile, int frames)
    {
        RgbImage[] photographs = [.. Enumerable.Range(0, 50).Select(i => GalleryRows.Disc(i, 192))];
        var writing = Stopwatch.StartNew();
        await using var report = await GalleryPage.OpenAsync(
            chromium, GalleryRows.Pictures(rows).Select((row, i) => row with { Photograph = () => photographs[i % 50] }), new() { RowsInOneFile = rowsInOneFile },
            change: _ => writing.Stop());
        var page = report.Page;
        var inspector = await page.Context.NewCDPSessionAsync(page);
        await inspector.SendAsync("Performance.enable", new() { ["timeDomain"] = "threadTicks" });

        // The best of some: what else the machine does can only make it slower.
        var (painted, drawn, opening) = (double.MaxValue, double.MaxValue, double.MaxValue);
        for (int attempt = 0; attempt < 5; attempt++)
        {
            await page.ReloadAsync(new() { WaitUntil = WaitUntilState.Commit });
            await report.DrawnAsync();
            drawn = Math.Min(drawn, await page.EvaluateAsync<double>("() => performance.now()"));
            opening = Math.Min(opening, 1000 * await ProcessorTime(inspector)); // A new page begins at 0.
            painted = Math.Min(painted, await page.EvaluateAsync<double>(
                "async () => { while (!performance.getEntriesByName('first-contentful-paint')[0]) await new Promise(requestAnimationFrame); return performance.getEntriesByName('first-contentful-paint')[0].startTime; }"));
        }

        double searched = await ProcessorTime(inspector, () => page.EvaluateAsync(Search));
        await page.ClickAsync("text=Clear filters");
        double sorted = await ProcessorTime(inspector, () => page.EvaluateAsync(Sort));
        double scrolled = await ProcessorTime(inspector, () => page.EvaluateAsync(Scroll, frames));
        long file = new FileInfo(Directory.GetFiles(report.Folder, "*.html").Single()).Length;
        long beside = Directory.GetFiles(report.Folder, "*.js", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length);
        return
        [
            ("written in", $"{writing.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s"),
            ("HTML file", Megabytes(file)),
            ("folder beside it", beside == 0 ? "none" : Megabytes(beside)),
            ("first paint, best of 5", Milliseconds(painted)),
            ("all pictures in view are there, best of 5", Milliseconds(drawn)),
            ("computed until then", Milliseconds(opening)),
            ("computed for a search", Milliseconds(searched)),
            ("computed for another order", Milliseconds(sorted)),
            ("computed for a frame of scrolling by 4,800 pixels a second", Milliseconds(scrolled / frames)),
        ];
    }

    private static async Task<double> ProcessorTime(ICDPSession inspector, Func<Task> work)
    {
        double before = await ProcessorTime(inspector);
        await work();
        return (await ProcessorTime(inspector) - before) * 1000;
    }

    private static async Task<double> ProcessorTime(ICDPSession inspector)
        => (await inspector.SendAsync("Performance.getMetrics"))!.Value.GetProperty("metrics").EnumerateArray()
            .Single(metric => metric.GetProperty("name").GetString() == "TaskDuration").GetProperty("value").GetDouble();

    private static string Megabytes(long bytes) => $"{(bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture)} MB";

    private static string Milliseconds(double time) => $"{time.ToString(time < 10 ? "0.0" : "0", CultureInfo.InvariantCulture)} ms";
}
