using Microsoft.Playwright;

namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>Many rows, light and dark, paper.</summary>
[Collection(ChromiumTests.Name)]
[Trait("Speed", "Slow")]
public class LayoutTests(Chromium chromium)
{
    [ChromiumFact]
    public async Task Only_rows_in_view_are_in_the_document()
    {
        await using var report = await (await GalleryPage.OpenAsync(chromium, GalleryRows.Pictures(600, 32))).DrawnAsync();
        var page = report.Page;
        await page.SelectOptionAsync("#order", "data");
        Assert.InRange(await page.Locator(".line .tile").CountAsync(), 10, 60);

        await page.EvaluateAsync("() => scrollTo(0, document.body.scrollHeight)");
        await Assertions.Expect(page.Locator(".tile[data-place='599']")).ToBeVisibleAsync();
        Assert.InRange(await page.Locator(".line .tile").CountAsync(), 10, 60);
        Assert.Equal("photos/moth 0599.jpg", (await report.Names)[^1]);
        Assert.Equal("120", await page.Locator(".line").Last.GetAttributeAsync("aria-rowindex"));
    }

    [ChromiumFact]
    public async Task Rows_lie_beside_the_file_when_they_are_many()
    {
        await using var report = await (await GalleryPage.OpenAsync(chromium, GalleryRows.Pictures(100, 32), new() { RowsInOneFile = 99 })).DrawnAsync();

        Assert.Equal(13, Directory.GetFiles(Path.Combine(report.Folder, "a report é.pages"), "*.js").Length);
        Assert.True(await report.Page.EvaluateAsync<bool>("() => document.images.length > 5 && [...document.images].every(image => image.naturalWidth === 32)"));
        Assert.Equal(0, await report.Page.Locator("text=missing").CountAsync());
    }

    [ChromiumFact]
    public async Task A_missing_folder_is_named()
    {
        await using var report = await GalleryPage.OpenAsync(
            chromium, GalleryRows.Pictures(20, 32), new() { RowsInOneFile = 0 }, change: folder => Directory.Delete(Path.Combine(folder, "a report é.pages"), recursive: true));
        report.Expected = "ERR_FILE_NOT_FOUND";

        await Assertions.Expect(report.Page.Locator("#missing")).ToContainTextAsync("lie in the folder 'a report é.pages', which belongs beside this file");
        await FilterTests.Count(report, "20 rows");
    }

    [ChromiumFact]
    public async Task The_page_is_dark_where_the_system_is_and_by_its_switch()
    {
        await using var report = await GalleryPage.OpenAsync(chromium, GalleryRows.Pictures(20, 32));
        var page = report.Page;
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        Assert.Equal("rgb(246, 244, 240)", await Paper());
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        Assert.Equal("rgb(20, 18, 16)", await Paper());
        await page.SelectOptionAsync("#theme", "light");
        Assert.Equal("rgb(246, 244, 240)", await Paper());
        await page.SelectOptionAsync("#theme", "dark");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        Assert.Equal("rgb(20, 18, 16)", await Paper());

        Task<string> Paper() => page.EvaluateAsync<string>("() => getComputedStyle(document.documentElement).backgroundColor");
    }

    [ChromiumFact]
    public async Task Paper_gets_all_views_and_the_first_rows()
    {
        await using var report = await (await GalleryPage.OpenAsync(chromium, GalleryRows.Pictures(300, 32), new() { Provenance = new() { { "layer", "blocks.4" } } })).DrawnAsync();
        var page = report.Page;

        await page.EmulateMediaAsync(new() { Media = Media.Print });
        await Assertions.Expect(page.Locator(".line .tile")).ToHaveCountAsync(60);
        Assert.Equal("static", await page.EvalOnSelectorAsync<string>(".line", "line => getComputedStyle(line).position"));
        foreach (string shown in new[] { "#view-classes", "#view-distributions", "text=blocks.4", "text=The first 60 of 300 rows, in this order: outliers first." })
            Assert.True(await page.IsVisibleAsync(shown), shown);
        foreach (string hidden in new[] { "#search", "#order", "#tab-gallery", "#theme" }) Assert.False(await page.IsVisibleAsync(hidden), hidden);
        byte[] pdf = await page.PdfAsync(new() { Format = "A4" });
        Assert.Equal("%PDF"u8.ToArray(), pdf[..4]);

        await page.EmulateMediaAsync(new() { Media = Media.Screen });
        await Assertions.Expect(page.Locator(".line .tile")).Not.ToHaveCountAsync(60);
    }
}
