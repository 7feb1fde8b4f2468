using System.Text.Json;
using Microsoft.Playwright;

namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>axe-core finds nothing to object to, in any view, light or dark.</summary>
[Collection(ChromiumTests.Name)]
[Trait("Speed", "Slow")]
public class AccessibilityTests(Chromium chromium)
{
    [ChromiumFact]
    public async Task Pictures_have_no_violations()
    {
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await using var report = await (await GalleryPage.OpenAsync(chromium, GalleryRows.Pictures(60, 32), new() { Provenance = new() { { "layer", "blocks.4" } } })).DrawnAsync();
            var page = report.Page;
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await AssertNone(page, "gallery");
            foreach (string view in new[] { "classes", "distributions", "provenance" })
            {
                await page.ClickAsync($"#tab-{view}");
                if (view == "distributions") await page.ClickAsync("figure[data-column=bits] summary");
                await AssertNone(page, view);
            }

            await page.ClickAsync("#tab-gallery");
            await page.SelectOptionAsync("#state", "failed");
            await AssertNone(page, "failures");
            await page.SelectOptionAsync("#state", "");
            await page.ClickAsync(".tile >> nth=0");
            await page.WaitForFunctionAsync("async () => { await details.drawn; return true; }");
            await AssertNone(page, "details");
        }
    }

    [ChromiumFact]
    public async Task Texts_and_narrow_windows_have_no_violations()
    {
        await using var report = await (await GalleryPage.OpenAsync(chromium, GalleryRows.Texts(20), context: new() { ViewportSize = new() { Width = 400, Height = 800 } })).DrawnAsync();
        await AssertNone(report.Page, "texts");
        await report.Page.ClickAsync("text=Filters");
        await AssertNone(report.Page, "filters");
        await report.Page.ClickAsync(".tile >> nth=0");
        await report.Page.WaitForFunctionAsync("async () => { await details.drawn; return true; }");
        await AssertNone(report.Page, "a text");
    }

    [ChromiumFact]
    public async Task Bytes_have_no_violations()
    {
        await using var report = await (await GalleryPage.OpenAsync(chromium, GalleryRows.Files(4))).DrawnAsync();
        await AssertNone(report.Page, "files");
        await report.Page.ClickAsync(".tile >> nth=0");
        await report.Page.WaitForFunctionAsync("async () => { await details.drawn; return true; }");
        await AssertNone(report.Page, "a file");
    }

    [ChromiumFact]
    public async Task A_planted_violation_is_found()
    {
        await using var report = await GalleryPage.OpenAsync(chromium, GalleryRows.Pictures(3, 32));
        await report.Page.EvaluateAsync("() => { document.querySelector('#search').parentElement.replaceWith(document.querySelector('#search')); document.querySelector('#search').placeholder = ''; }");

        Assert.Contains("label: ", string.Join('\n', await Violations(report.Page)), StringComparison.Ordinal);
    }

    private static async Task AssertNone(IPage page, string view) => Assert.Equal("", string.Join('\n', (await Violations(page)).Select(violation => $"{view}: {violation}")));

    private static async Task<IReadOnlyList<string>> Violations(IPage page)
    {
        using var source = new StreamReader(typeof(AccessibilityTests).Assembly.GetManifestResourceStream("axe.min.js")!);
        await page.EvaluateAsync(await source.ReadToEndAsync());
        var found = await page.EvaluateAsync<JsonElement>(
            "async () => (await axe.run()).violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(node => node.html + ' ' + node.failureSummary).join(' | ')}`)");
        return [.. found.EnumerateArray().Select(text => text.GetString()!)];
    }
}
