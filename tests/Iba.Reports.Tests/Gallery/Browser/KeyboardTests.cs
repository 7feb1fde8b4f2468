namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>All can be done without a mouse.</summary>
[Collection(ChromiumTests.Name)]
[Trait("Speed", "Slow")]
public class KeyboardTests(Chromium chromium)
{
    [ChromiumFact]
    public async Task Arrows_walk_through_the_gallery_and_Enter_opens_a_row()
    {
        await using var report = await GalleryPage.OpenAsync(chromium, GalleryRows.Pictures(300, 32));
        var page = report.Page;
        await page.SelectOptionAsync("#order", "data");
        int columns = int.Parse((await page.GetAttributeAsync("#gallery", "aria-colcount"))!, System.Globalization.CultureInfo.InvariantCulture);

        await page.FocusAsync("#top");
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("0", await Focused());
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowDown");
        Assert.Equal($"{1 + columns}", await Focused());
        await page.Keyboard.PressAsync("ArrowUp");
        await page.Keyboard.PressAsync("ArrowLeft");
        Assert.Equal("0", await Focused());
        await page.Keyboard.PressAsync("End");
        Assert.Equal("299", await Focused());
        Assert.True(await page.EvaluateAsync<bool>("() => { const box = document.activeElement.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }"));
        await page.Keyboard.PressAsync("ArrowLeft");

        await page.Keyboard.PressAsync("Enter");
        Assert.Equal("photos/moth 0299.jpg".Replace("moth 0299", "volcano 0298", StringComparison.Ordinal), await page.InnerTextAsync("#details-title"));
        await page.Keyboard.PressAsync("ArrowLeft");
        Assert.Equal("photos/coffee mug 0297.jpg", await page.InnerTextAsync("#details-title"));
        await page.Keyboard.PressAsync("Escape");
        Assert.False(await page.IsVisibleAsync("#details"));

        // A dialog says that it is closed in a task of its own, which a busy machine takes later.
        await page.WaitForFunctionAsync("() => document.activeElement.dataset.place === '297'");

        Task<string> Focused() => page.EvaluateAsync<string>("() => document.activeElement.dataset.place");
    }

    [ChromiumFact]
    public async Task Arrows_change_the_view()
    {
        await using var report = await GalleryPage.OpenAsync(chromium, GalleryRows.Pictures(20, 32), new() { Provenance = new() { { "layer", "blocks.4" } } });
        var page = report.Page;
        await page.FocusAsync("#tab-gallery");

        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal("tab-classes", await page.EvaluateAsync<string>("() => document.activeElement.id"));
        Assert.True(await page.IsVisibleAsync("#classes"));
        Assert.False(await page.IsVisibleAsync("#gallery"));
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Keyboard.PressAsync("ArrowLeft");
        Assert.True(await page.IsVisibleAsync("text=blocks.4"));
    }
}
