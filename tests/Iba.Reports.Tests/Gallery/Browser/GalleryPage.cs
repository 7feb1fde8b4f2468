using Microsoft.Playwright;

namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>A report in a folder of its own, open in the browser from disk. Whatever the page complains of fails the test.</summary>
internal sealed class GalleryPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];

    private GalleryPage(IBrowserContext context, string folder) => (_context, Folder) = (context, folder);

    /// <summary>The page.</summary>
    public IPage Page { get; private set; } = null!;

    /// <summary>Where the report lies.</summary>
    public string Folder { get; }

    /// <summary>What is expected to go wrong: complaints that contain it are not counted.</summary>
    public string? Expected { get; set; }

    /// <summary>The names of the tiles in view, in order.</summary>
    public Task<string[]> Names => Page.EvalOnSelectorAllAsync<string[]>("#gallery .tile .name", "names => names.map(name => name.textContent)");

    public static async Task<GalleryPage> OpenAsync(
        Chromium chromium, IEnumerable<ReportRow> rows, GalleryReportOptions? options = null, BrowserNewContextOptions? context = null,
        Action<string>? change = null)
    {
        string folder = Directory.CreateTempSubdirectory("iba-gallery").FullName;
        string path = Path.Combine(folder, "a report é.html");
        GalleryReport.Write(path, rows, options);
        change?.Invoke(folder);
        var opened = new GalleryPage(await chromium.Browser.NewContextAsync(context ?? new() { ViewportSize = new() { Width = 1280, Height = 800 } }), folder);
        opened.Page = await opened._context.NewPageAsync();
        opened.Page.SetDefaultTimeout(10_000);
        opened.Page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") opened._complaints.Add(message.Text);
        };
        opened.Page.PageError += (_, error) => opened._complaints.Add(error);
        opened.Page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("file:", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal)) opened._complaints.Add($"asked for {request.Url}");
        };
        await opened.Page.GotoAsync(new Uri(path).AbsoluteUri);
        return opened;
    }

    /// <summary>Waits until the pictures in view are there.</summary>
    public async Task<GalleryPage> DrawnAsync()
    {
        await Page.WaitForFunctionAsync(
            "() => [...document.querySelectorAll('#gallery .picture')].every(box => box.childElementCount > 0) && [...document.images].every(image => image.complete)");
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _context.CloseAsync();
        Directory.Delete(Folder, recursive: true);
        Assert.DoesNotContain(_complaints, complaint => Expected is null || !complaint.Contains(Expected, StringComparison.Ordinal));
    }
}
