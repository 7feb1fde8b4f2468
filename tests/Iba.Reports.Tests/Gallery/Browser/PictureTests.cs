using System.Globalization;
using Iba.Torch;

namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>Photographs, maps and words are drawn as they are, on the scale that is chosen.</summary>
[Collection(ChromiumTests.Name)]
[Trait("Speed", "Slow")]
public class PictureTests(Chromium chromium)
{
    // The middle of a map of 3 x 1 positions with 0, 1 and 2 bits per pixel; the second row's map has twice as many.
    private static readonly ReportRow[] Steps =
    [
        new() { Name = "first", Map = new ReportMap(new[] { 0f, 1, 2 }, 3, 1), Photograph = () => GalleryRows.Disc(0, 48) },
        new() { Name = "second", Map = new ReportMap(new[] { 0f, 2, 4 }, 3, 1), Photograph = () => GalleryRows.Disc(1, 48) },
    ];

    [ChromiumFact]
    public async Task Maps_have_the_colours_of_their_bits_on_the_scale_that_is_chosen()
    {
        await using var report = await (await GalleryPage.OpenAsync(chromium, Steps)).DrawnAsync();
        var page = report.Page;
        await page.SelectOptionAsync("#order", "data");
        await page.FillAsync("#top", "4");
        await page.PressAsync("#top", "Enter");
        await page.PressAsync("#top", "Tab");
        await AssertColors(report, 0, 0, 0.25, 0.5);
        await AssertColors(report, 1, 0, 0.5, 1);
        Assert.Equal("Colour scale from 0 to 4 bits/pixel and more", await page.GetAttributeAsync("#legend", "aria-label"));

        await page.SelectOptionAsync("#scale", "own");
        await AssertColors(report, 0, 0, 0.5, 1);
        await AssertColors(report, 1, 0, 0.5, 1);
        Assert.True(await page.IsDisabledAsync("#top"));

        await page.SelectOptionAsync("#scale", "shared");
        await page.FillAsync("#top", "2");
        await page.PressAsync("#top", "Tab");
        await AssertColors(report, 1, 0, 1, 1);
    }

    [ChromiumFact]
    public async Task The_slider_goes_from_the_photograph_to_the_map()
    {
        await using var report = await (await GalleryPage.OpenAsync(chromium, Steps)).DrawnAsync();
        var page = report.Page;
        Assert.Equal(("grayscale(1) brightness(0.75)", "1"), await Look());

        await page.FocusAsync("#mix");
        await page.Keyboard.PressAsync("Home");
        Assert.Equal(("grayscale(0) brightness(1)", "0"), await Look());

        await page.Keyboard.PressAsync("End");
        Assert.Equal(("grayscale(1) brightness(0)", "1"), await Look());
        Assert.Equal("100 % map", await page.GetAttributeAsync("#mix", "aria-valuetext"));

        await page.ClickAsync(".tile >> nth=0");
        Assert.Equal("100", await page.InputValueAsync("#details-mix"));
        await page.FocusAsync("#details-mix");
        await page.Keyboard.PressAsync("Home");
        Assert.Equal("0", await page.InputValueAsync("#mix"));

        async Task<(string, string)> Look() => (
            await page.EvalOnSelectorAsync<string>("#gallery img", "image => getComputedStyle(image).filter"),
            await page.EvalOnSelectorAsync<string>("#gallery canvas", "canvas => getComputedStyle(canvas).opacity"));
    }

    [ChromiumFact]
    public async Task A_map_covers_its_photograph_whatever_their_proportions()
    {
        ReportRow[] rows =
        [
            new() { Name = "wide", Map = new ReportMap(new float[9], 3, 3), Photograph = () => new RgbImage(60, 30, new byte[3 * 60 * 30]) },
            new() { Name = "tall", Map = new ReportMap(new float[9], 3, 3), Photograph = () => new RgbImage(30, 60, new byte[3 * 60 * 30]) },
            new() { Name = "map alone", Map = new ReportMap(new float[9], 3, 3) { PictureWidth = 200, PictureHeight = 100 } },
        ];
        await using var report = await (await GalleryPage.OpenAsync(chromium, rows)).DrawnAsync();
        await report.Page.SelectOptionAsync("#order", "data");

        double[][] sizes = await report.Page.EvalOnSelectorAllAsync<double[][]>(
            "#gallery .picture", "boxes => boxes.map(box => [...box.querySelectorAll('img, canvas')].flatMap(inner => [inner.clientWidth / box.clientWidth, inner.clientHeight / box.clientHeight]))");

        Assert.Equal([[1, 0.5, 1, 0.5], [0.5, 1, 0.5, 1], [1, 0.5]], sizes.Select(size => size.Select(share => Math.Round(share, 1)).ToArray()));
    }

    [ChromiumFact]
    public async Task Details_read_the_map_where_the_pointer_is()
    {
        await using var report = await (await GalleryPage.OpenAsync(chromium, Steps)).DrawnAsync();
        var page = report.Page;
        await page.SelectOptionAsync("#order", "data");
        await page.ClickAsync(".tile >> nth=1");
        var canvas = page.Locator("#details canvas");

        await canvas.HoverAsync(new() { Position = new() { X = 5, Y = 20 } });
        Assert.Equal("0 bits/pixel here", await page.InnerTextAsync(".reading"));
        var box = (await canvas.BoundingBoxAsync())!;
        await canvas.HoverAsync(new() { Position = new() { X = box.Width - 5, Y = 20 } });
        Assert.Equal("4 bits/pixel here", await page.InnerTextAsync(".reading"));
        Assert.Contains("67 % of the bits lie in the ninth of the picture at top right", await canvas.GetAttributeAsync("aria-label"), StringComparison.Ordinal);
    }

    [ChromiumFact]
    public async Task Words_are_shaded_and_numbered()
    {
        await using var report = await (await GalleryPage.OpenAsync(chromium, GalleryRows.Texts(40))).DrawnAsync();
        var page = report.Page;
        Assert.False(await page.IsVisibleAsync("#mix"));
        await page.SelectOptionAsync("#scale", "own");
        await page.SelectOptionAsync("#order", "data");
        await page.ClickAsync(".tile >> nth=0");

        Assert.Equal(
            ["The s0", "volcano's s16", "ash s8", "grounded s5", "flights s12", "over s0"],
            await page.EvalOnSelectorAllAsync<string[]>("#details .words span", "words => words.map(word => `${word.textContent} ${word.className}`)"));
        Assert.Equal(["12", "6", "3.5", "9"], await page.EvalOnSelectorAllAsync<string[]>("#details rt", "numbers => numbers.map(number => number.textContent)"));
        Assert.Contains("over <b>Iceland</b> & the sea", await page.TextContentAsync("#details .words"), StringComparison.Ordinal);
        // Said, too: shades alone would leave out who cannot tell them.
        const string Said = "volcano's 12, flights 9, ash 6, grounded 3.5, The 0.2";
        Assert.Equal($"Most bits: {Said}. ", await page.TextContentAsync(".tile .unseen >> nth=0"));
        Assert.Equal(Said, await page.TextContentAsync("#details tr:has(th:text-is('Most bits')) td"));
    }

    [ChromiumFact]
    public async Task Bytes_are_listed_shaded_and_numbered()
    {
        await using var report = await (await GalleryPage.OpenAsync(chromium, GalleryRows.Files(4))).DrawnAsync();
        var page = report.Page;
        Assert.False(await page.IsVisibleAsync("#mix"));
        await page.SelectOptionAsync("#scale", "own");
        await page.SelectOptionAsync("#order", "data");
        Assert.StartsWith("012↵4567", await page.TextContentAsync(".tile .bytes >> nth=0"), StringComparison.Ordinal);
        Assert.Equal("Most bits: 00000000: 20, 00000020: 9. ", await page.TextContentAsync(".tile .unseen >> nth=0"));
        await page.ClickAsync(".tile >> nth=0");

        // Shades grow with the root of the bits: 4 of 16 are half of them.
        Assert.Equal(
            ["30 s16", "31 s8", "0 s16", "1 s8", "57 s12", "W s12"],
            await page.EvalOnSelectorAllAsync<string[]>("#details .listing span", "bytes => bytes.map(byte => `${byte.textContent} ${byte.className}`)"));
        Assert.Equal(["00000000", "00000010", "00000020"], await page.EvalOnSelectorAllAsync<string[]>("#details .listing tbody th", "offsets => offsets.map(offset => offset.textContent)"));
        Assert.Equal(["20", "0", "9"], await page.EvalOnSelectorAllAsync<string[]>("#details .listing .number", "numbers => numbers.map(number => number.textContent)"));
        Assert.Equal("16 bytes left out", await page.TextContentAsync("#details .skipped"));
        Assert.Equal("bits/byte", await page.TextContentAsync(".legend > .unit"));
    }

    private static async Task AssertColors(GalleryPage report, int tile, params double[] shares)
    {
        int[] drawn = await report.Page.EvaluateAsync<int[]>(
            "tile => { const canvas = document.querySelectorAll('#gallery .tile')[tile].querySelector('canvas'); return [...canvas.getContext('2d').getImageData(0, 0, 3, 1).data]; }", tile);
        for (int i = 0; i < shares.Length; i++)
        {
            var (red, green, blue) = ColorMap.Inferno[Math.Round(shares[i] * 255) / 255];
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{red} {green} {blue} 255"), string.Join(' ', drawn.Skip(4 * i).Take(4)));
        }
    }
}
