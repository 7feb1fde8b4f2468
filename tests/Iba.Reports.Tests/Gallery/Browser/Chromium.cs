using Microsoft.Playwright;

namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>The browser that is installed here, without a window; it is started once for all tests that use it.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Its program; null: there is none. <c>IBA_CHROMIUM</c> names one elsewhere.</summary>
    public static string? Path { get; } = new[]
        {
            Environment.GetEnvironmentVariable("IBA_CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", @"C:\Program Files\Google\Chrome\Application\chrome.exe",
        }
        .FirstOrDefault(File.Exists);

    /// <summary>The browser.</summary>
    public IBrowser Browser => _browser!;

    public async Task InitializeAsync()
    {
        if (Path is null) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Path, Headless = true });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.CloseAsync();
        _playwright?.Dispose();
    }
}
