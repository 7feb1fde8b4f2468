namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>Names, classes, reasons and texts are shown as they are, and nothing in them is executed.</summary>
[Collection(ChromiumTests.Name)]
[Trait("Speed", "Slow")]
public class HostileDataTests(Chromium chromium)
{
    private const string Attack = "</script><script>pwned=1</script><img src=x onerror=pwned=1>'\"`--><!--${pwned=1}\u2028<svg onload=pwned=1>é漢🙂";

    [ChromiumFact]
    public async Task Data_stays_text()
    {
        ReportRow[] rows =
        [
            new() { Name = Attack + "name", PredictedClass = Attack + "class", Scores = new Dictionary<string, double> { [Attack] = 1 }, Map = GalleryRows.Hill(0, 50) },
            new() { Name = Attack + "text", Target = Attack, Text = Attack, Words = [new(0, 9, 3), new(9, 20, 1)] },
            new() { Name = Attack, Failure = Attack + "reason" },
            new() { Name = "javascript:pwned=1", Photograph = () => throw new IOException(Attack) },
            new() { Name = "\u202egpj.exe", PredictedClass = "__proto__" },
            new() { Name = "half \ud800 a pair, \0 and \u001b[31m" },
        ];
        foreach (int inside in new[] { 0, 100 })
        {
            var options = new GalleryReportOptions
            {
                Title = Attack + "title",
                Introduction = Attack + "introduction",
                Provenance = new() { { Attack + "key", Attack + "value" } },
                RowsInOneFile = inside,
            };
            await using var report = await (await GalleryPage.OpenAsync(chromium, rows, options)).DrawnAsync();
            var page = report.Page;
            await page.SelectOptionAsync("#order", "data");
            foreach (int tile in Enumerable.Range(0, rows.Length))
            {
                await page.ClickAsync($".tile >> nth={tile}");
                await page.WaitForFunctionAsync("async () => { await details.drawn; return true; }");
                await page.ClickAsync("#details-close");
            }

            string[] names = await report.Names;
            Assert.Equal(rows[..4].Select(row => row.Name), names[..4]);
            Assert.Equal("half \ufffd a pair, · and ·[31m", names[5]);
            Assert.Equal(Attack + "title", await page.TitleAsync());
            foreach (string shown in new[] { "class", "reason" }) Assert.Contains(Attack + shown, await page.TextContentAsync("#gallery"), StringComparison.Ordinal);
            foreach (string shown in new[] { "introduction", "key", "value" }) Assert.Contains(Attack + shown, await page.TextContentAsync("body"), StringComparison.Ordinal);
            Assert.True(await page.EvaluateAsync<bool>("() => typeof pwned === 'undefined'"));
            Assert.Equal(0, await page.Locator("main svg[onload], main img[onerror]").CountAsync());
        }
    }

    [ChromiumFact]
    public async Task A_script_that_is_not_the_reports_own_does_not_run()
    {
        await using var report = await GalleryPage.OpenAsync(chromium, GalleryRows.Pictures(3, 32), change: folder =>
        {
            string path = Directory.GetFiles(folder, "*.html").Single();
            File.WriteAllText(path, File.ReadAllText(path).Replace("<noscript>", "<script>pwned=1</script><p onclick='pwned=1' id='planted'>x</p><noscript>", StringComparison.Ordinal));
        });
        report.Expected = "Content Security Policy";

        await report.Page.ClickAsync("#planted");

        Assert.True(await report.Page.EvaluateAsync<bool>("() => typeof pwned === 'undefined'"));
        await FilterTests.Count(report, "3 rows");
    }
}
