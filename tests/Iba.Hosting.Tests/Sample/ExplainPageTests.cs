using System.Text.Json;
using Iba.Reports.Tests.Gallery.Browser;
using Microsoft.Playwright;

namespace Iba.Hosting.Tests;

/// <summary>The page in a browser, by clicks and keys.</summary>
[Collection(SmallExplainerTests.Name)]
[Trait("Speed", "Slow")]
public class ExplainPageTests(SmallExplainer small, Chromium chromium) : IClassFixture<Chromium>
{
    private const int Patience = 60_000;

    [ChromiumFact]
    public async Task A_photograph_is_explained_with_its_curve_another_class_and_another_price()
    {
        await using var opened = await OpenAsync();
        var page = opened.Page;
        await page.SetInputFilesAsync("#file", small.Photograph);
        await page.WaitForSelectorAsync("#points tr:nth-child(7)");
        string first = await page.InnerTextAsync("#prediction"), caption = await page.InnerTextAsync("#caption");
        Assert.Matches(@"^class \d, \d+\.\d %$", first);
        Assert.Matches(@"^\d+ bits keep \d+\.\d %; the brightest place has .+ bits per pixel$", caption);
        Assert.Equal("10", await page.InnerTextAsync("#price"));
        Assert.Equal(7, await page.Locator("#curve circle").CountAsync());
        Assert.Equal((8, 8), (await page.EvaluateAsync<int>("() => document.getElementById('map').naturalWidth"), await page.EvaluateAsync<int>("() => document.getElementById('map').naturalHeight")));

        // By keys alone: the slider, then the classes.
        await page.FocusAsync("#beta");
        await page.Keyboard.PressAsync("ArrowRight");
        await Changed(page, "#caption", caption);
        Assert.Equal("20", await page.InnerTextAsync("#price"));
        Assert.Equal("20", await page.InnerTextAsync("#points tr[aria-current] td >> nth=0"));
        await page.FocusAsync("#target");
        await page.Keyboard.PressAsync("ArrowDown");
        await Changed(page, "#prediction", first);
        await Assertions.Expect(page.Locator("#status")).ToHaveTextAsync("Explained, with the whole curve.", new() { Timeout = Patience });

        Assert.Equal("", await Violations(page));
        Assert.Empty(opened.Complaints);
    }

    [ChromiumFact]
    public async Task A_file_that_is_no_picture_is_an_error_in_words_and_the_next_one_is_explained()
    {
        await using var opened = await OpenAsync();
        var page = opened.Page;
        await page.SetInputFilesAsync("#file", small.Network);
        await page.WaitForSelectorAsync("#error:not([hidden])");
        Assert.Contains("is no picture that can be read", await page.InnerTextAsync("#error"), StringComparison.Ordinal);
        Assert.Equal("", await Violations(page));

        await page.SetInputFilesAsync("#file", small.Photograph);
        await page.WaitForSelectorAsync("#result:not([hidden])");
        Assert.False(await page.IsVisibleAsync("#error"));
        // The browser itself tells of the status 400.
        Assert.All(opened.Complaints, complaint => Assert.Contains("400", complaint, StringComparison.Ordinal));
    }

    private static Task Changed(IPage page, string element, string before)
        => Assertions.Expect(page.Locator(element)).Not.ToHaveTextAsync(before, new() { Timeout = Patience });

    private async Task<Opened> OpenAsync()
    {
        var service = new RunningService(small);
        service.UseKestrel(0);
        service.StartServer();
        var opened = new Opened(service, await chromium.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 1100, Height = 900 } }));
        await opened.StartAsync();
        return opened;
    }

    private static async Task<string> Violations(IPage page)
    {
        using var reader = new StreamReader(typeof(ExplainPageTests).Assembly.GetManifestResourceStream("axe.min.js")!);
        await page.EvaluateAsync(await reader.ReadToEndAsync());
        var found = await page.EvaluateAsync<JsonElement>("async () => (await axe.run()).violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(' ')}`)");
        return string.Join('\n', found.EnumerateArray().Select(one => one.GetString()));
    }

    private sealed class Opened(RunningService service, IBrowserContext context) : IAsyncDisposable
    {
        private readonly List<string> _complaints = [];

        public IPage Page { get; private set; } = null!;

        public IReadOnlyList<string> Complaints => _complaints;

        public async Task StartAsync()
        {
            string address = service.ClientOptions.BaseAddress.ToString();
            Page = await context.NewPageAsync();
            Page.SetDefaultTimeout(Patience);
            Page.Console += (_, message) =>
            {
                if (message.Type is "error" or "warning") _complaints.Add(message.Text);
            };
            Page.PageError += (_, error) => _complaints.Add(error);
            Page.Request += (_, request) =>
            {
                if (!request.Url.StartsWith(address, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal)) _complaints.Add($"asked for {request.Url}");
            };
            await Page.GotoAsync(address);
        }

        public async ValueTask DisposeAsync()
        {
            await context.DisposeAsync();
            await service.DisposeAsync();
        }
    }
}
