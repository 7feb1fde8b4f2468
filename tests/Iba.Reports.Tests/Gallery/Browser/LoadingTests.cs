namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>Rows that come while the file is still read, or do not come at all.</summary>
[Collection(ChromiumTests.Name)]
[Trait("Speed", "Slow")]
public class LoadingTests(Chromium chromium)
{
    private static ReportRow[] Rows => [.. Enumerable.Range(0, 20).Select(row => new ReportRow { Name = $"row {row}", Text = $"text {row}" })];

    [ChromiumFact]
    public async Task Rows_that_have_come_in_part_are_waited_for()
    {
        await using var opened = await GalleryPage.OpenAsync(chromium, Rows);
        string note = await opened.Page.EvaluateAsync<string>(
            """
            async () => {
              Object.defineProperty(document, 'readyState', { get: () => 'loading', configurable: true });
              const element = make('script', { type: 'application/json', id: 'page-7' }, '[{"note":"ha');
              document.body.append(element);
              const arrival = rows.entry(7 * rows.rowsPerPage);
              await new Promise(requestAnimationFrame);
              await new Promise(requestAnimationFrame);
              element.textContent = '[{"note":"whole"}]';
              element.after(' ');
              return (await arrival).note;
            }
            """);
        Assert.Equal("whole", note);
    }

    [ChromiumFact]
    public async Task A_file_that_ends_within_its_rows_says_so()
    {
        await using var opened = await GalleryPage.OpenAsync(chromium, Rows, change: folder =>
        {
            string file = Directory.GetFiles(folder).Single();
            string html = File.ReadAllText(file);
            File.WriteAllText(file, html[..(html.IndexOf("id=\"page-1\"", StringComparison.Ordinal) + 30)]);
        });
        await opened.Page.WaitForFunctionAsync("() => !document.getElementById('missing').hidden");
        Assert.Contains("not complete", await opened.Page.TextContentAsync("#missing"), StringComparison.Ordinal);
    }
}
