using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.Playwright;

namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>
/// The figures and the picture of docs/reports.md, which <c>UPDATE_DOCS=1</c> makes anew out of 5,000 rows and of the report that the sample
/// wrote. Times are not asserted: they say nothing on a machine with other work.
/// </summary>
[Collection(ChromiumTests.Name)]
[Trait("Speed", "Slow")]
public class ReportFiguresTests(Chromium chromium)
{
    private const string Begin = "<!-- figures -->\n", End = "<!-- /figures -->";

    private static readonly bool Updates = Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1";

    private static readonly string Repository = typeof(ReportFiguresTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(data => data.Key == "Repository").Value!;

    [ChromiumFact]
    public async Task The_documentation_has_what_is_measured()
    {
        var (rows, frames) = Updates ? (5000, 240) : (200, 20);
        var beside = await ReportMeasurement.MeasureAsync(chromium, rows, rowsInOneFile: 0, frames);
        var inside = await ReportMeasurement.MeasureAsync(chromium, rows, rowsInOneFile: rows, frames);
        string path = Path.Combine(Repository, "docs", "reports.md");
        string document = File.ReadAllText(path);
        var (begin, end) = (document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, document.IndexOf(End, StringComparison.Ordinal));
        if (Updates)
        {
            var table = new StringBuilder().Append(CultureInfo.InvariantCulture, $"| {rows:#,0} photographs | folder beside | in one file |\n|---|---|---|\n");
            foreach (var ((what, value), (_, other)) in beside.Zip(inside)) table.Append(CultureInfo.InvariantCulture, $"| {what} | {value} | {other} |\n");
            File.WriteAllText(path, document[..begin] + table + document[end..]);
        }
        else
        {
            Assert.Equal(beside.Select(measure => measure.What), document[begin..end].Split('\n').Skip(2).Where(line => line.Length > 0).Select(line => line.Split('|')[1].Trim()));
        }
    }

    [ChromiumFact]
    public async Task The_picture_shows_a_report()
    {
        string picture = Path.Combine(Repository, "docs", "pictures", "report.png");
        if (!Updates)
        {
            Assert.True(File.Exists(picture));
            return;
        }

        string report = Path.Combine(Repository, "artifacts", "ExplainPhotos", "report.html");
        Assert.True(File.Exists(report), "Write the report first: dotnet run --project samples/ExplainPhotos -- --count 61");
        var page = await chromium.Browser.NewPageAsync(new() { ViewportSize = new() { Width = 1280, Height = 820 } });
        await page.GotoAsync(new Uri(report).AbsoluteUri);
        await page.WaitForFunctionAsync("() => document.images.length > 9 && [...document.images].every(image => image.complete)");
        await page.ScreenshotAsync(new() { Path = picture, Animations = ScreenshotAnimations.Disabled });
        await page.CloseAsync();
    }
}
