using System.Diagnostics;
using System.Globalization;

namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>How large and how fast a report is: names and values, as docs/reports.md shows them.</summary>
internal static class ReportMeasurement
{
    // Scrolls by a third of a window in each frame, back and forth over the first rows and then down through all of them.
    private const string Scroll = """
        async () => {
          const intervals = [];
          let before = await new Promise(requestAnimationFrame);
          for (let frame = 0; frame < 180; frame++) {
            scrollBy(0, innerHeight / 3);
            const now = await new Promise(requestAnimationFrame);
            intervals.push(now - before);
            before = now;
          }
          intervals.sort((a, b) => a - b);
          return [intervals[90], intervals[171], intervals[179]];
        }
        """;

    private const string Update = """
        async () => {
          const input = document.querySelector('#search');
          const start = performance.now();
          input.value = '7';
          input.dispatchEvent(new Event('input', { bubbles: true }));
          await new Promise(requestAnimationFrame);
          const filtered = performance.now();
          input.value = '';
          input.dispatchEvent(new Event('input', { bubbles: true }));
          const order = document.querySelector('#order');
          order.value = 'bits:down';
          order.dispatchEvent(new Event('change'));
          await new Promise(requestAnimationFrame);
          return [filtered - start, performance.now() - filtered];
        }
        """;

    public static async Task<IReadOnlyList<(string What, string Value)>> MeasureAsync(Chromium chromium, int rows, int rowsInOneFile)
    {
        var writing = Stopwatch.StartNew();
        await using var report = await GalleryPage.OpenAsync(
            chromium, GalleryRows.Pictures(rows, 192), new() { RowsInOneFile = rowsInOneFile }, change: _ => writing.Stop());
        var page = report.Page;
        await report.DrawnAsync();
        double drawn = await page.EvaluateAsync<double>("() => performance.now()");
        double painted = await page.EvaluateAsync<double>("() => performance.getEntriesByName('first-contentful-paint')[0].startTime");
        double[] updates = await page.EvaluateAsync<double[]>(Update);
        double[] frames = await page.EvaluateAsync<double[]>(Scroll);
        long file = new FileInfo(Directory.GetFiles(report.Folder, "*.html").Single()).Length;
        long beside = Directory.GetFiles(report.Folder, "*.js", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length);
        return
        [
            ("written in", $"{writing.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s"),
            ("HTML file", Megabytes(file)),
            ("folder beside it", beside == 0 ? "none" : Megabytes(beside)),
            ("first paint", Milliseconds(painted)),
            ("all pictures in view are there", Milliseconds(drawn)),
            ("a search, to the next frame", Milliseconds(updates[0])),
            ("another order, to the next frame", Milliseconds(updates[1])),
            ("a frame while scrolling: median, 95 %, longest", string.Join(", ", frames.Select(Milliseconds))),
        ];
    }

    private static string Megabytes(long bytes) => $"{(bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture)} MB";

    private static string Milliseconds(double time) => $"{time.ToString("0", CultureInfo.InvariantCulture)} ms";
}
