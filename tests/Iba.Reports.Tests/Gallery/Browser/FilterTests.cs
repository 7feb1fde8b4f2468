namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>Rows are filtered, searched and sorted by clicking and typing.</summary>
[Collection(ChromiumTests.Name)]
[Trait("Speed", "Slow")]
public class FilterTests(Chromium chromium)
{
    private static readonly ReportRow[] Rows = [.. GalleryRows.Pictures(120, 32)];

    [ChromiumFact]
    public async Task Filters_leave_the_rows_that_they_name()
    {
        await using var report = await GalleryPage.OpenAsync(chromium, Rows);
        var page = report.Page;
        await Count(report, "120 rows");

        await page.SelectOptionAsync("#class", new[] { "lynx (24)" });
        await Count(report, "24 of 120 rows");
        Assert.All(await report.Names, name => Assert.Contains("lynx", name, StringComparison.Ordinal));

        await page.FillAsync("#least-bits", "200");
        await page.FillAsync("#most-bits", "230.5");
        await Count(report, $"{Rows.Count(row => row.Target == "lynx" && Bits(row) is >= 200 and <= 230.5)} of 120 rows");

        await page.ClickAsync("text=Clear filters");
        await Count(report, "120 rows");
        Assert.Equal("", await page.InputValueAsync("#least-bits"));

        await page.FillAsync("#least-kept", "0.9");
        await Count(report, $"{Rows.Count(row => row.ProbabilityKept >= 0.9)} of 120 rows");

        await page.ClickAsync("text=Clear filters");
        await page.SelectOptionAsync("#state", "failed");
        await Count(report, "2 of 120 rows");
        Assert.Contains("12,345 bytes are missing", await page.TextContentAsync("#gallery .reason"), StringComparison.Ordinal);

        await page.SelectOptionAsync("#state", "other");
        await Count(report, $"{Rows.Count(row => row.PredictedClass != row.Target)} of 120 rows");
    }

    [ChromiumFact]
    public async Task Search_finds_names_classes_and_reasons_whatever_their_case()
    {
        await using var report = await GalleryPage.OpenAsync(chromium, Rows);
        var page = report.Page;

        await page.ClickAsync("#search");
        await page.Keyboard.TypeAsync("MOTH 0004");
        await Count(report, "1 of 120 rows");
        Assert.Equal(["photos/moth 0004.jpg"], await report.Names);

        await page.FillAsync("#search", "cut short");
        await Count(report, "2 of 120 rows");

        await page.FillAsync("#search", "nothing of this name");
        await Count(report, "0 of 120 rows");
        Assert.True(await page.IsVisibleAsync("#empty"));
    }

    [ChromiumFact]
    public async Task Rows_are_sorted_with_outliers_first_at_first()
    {
        await using var report = await GalleryPage.OpenAsync(chromium, Rows);
        var page = report.Page;
        string[] unusual = [.. Rows.Where(row => Bits(row) > 900).Select(row => row.Name)];
        Assert.Equal(unusual.Order(), (await report.Names).Take(unusual.Length).Order());

        await page.SelectOptionAsync("#order", "bits:up");
        string[] ascending = [.. Rows.Where(row => row.Failure is null).OrderBy(Bits).Select(row => row.Name)];
        Assert.Equal(ascending[..6], (await report.Names)[..6]);

        await page.SelectOptionAsync("#order", "score0:down");
        Assert.Equal(Rows.OrderByDescending(row => row.Scores.GetValueOrDefault("Insertion", -1)).First().Name, (await report.Names)[0]);

        await page.SelectOptionAsync("#order", "name");
        Assert.Equal("photos/beagle 0000.jpg", (await report.Names)[0]);

        await page.SelectOptionAsync("#order", "data");
        Assert.Equal(Rows.Take(6).Select(row => row.Name), (await report.Names).Take(6));
    }

    [ChromiumFact]
    public async Task A_class_and_a_bar_of_a_histogram_lead_to_their_rows()
    {
        await using var report = await GalleryPage.OpenAsync(chromium, Rows);
        var page = report.Page;

        await page.ClickAsync("#tab-classes");
        await page.ClickAsync("#classes >> text=volcano");
        await Count(report, "24 of 120 rows");
        Assert.Equal("3", await page.InputValueAsync("#class"));

        foreach (string column in new[] { "bits", "probability", "kept" })
        {
            await page.ClickAsync("#tab-distributions");
            var bar = page.Locator($"figure[data-column={column}] rect").Nth(1);
            string title = (await bar.TextContentAsync())!;
            await bar.ClickAsync();
            await Count(report, $"{title.Split(": ")[1].Replace("rows", "of 120 rows", StringComparison.Ordinal)}");
            Assert.Equal("", await page.InputValueAsync("#class"));
        }

        await page.ClickAsync("#tab-distributions");
        await page.ClickAsync("figure[data-column=probability] summary");
        var interval = page.Locator("figure[data-column=probability] tbody tr").Last;
        string rows = await interval.Locator("td").First.InnerTextAsync();
        await interval.Locator("button").PressAsync("Enter");
        await Count(report, $"{rows} of 120 rows");
    }

    internal static async Task Count(GalleryPage report, string expected)
        => await Microsoft.Playwright.Assertions.Expect(report.Page.Locator("#count")).ToHaveTextAsync(expected);

    private static double? Bits(ReportRow row) => row.Map?.Bits.ToArray().Sum(value => (double)value);
}
