namespace Iba.Reports.Tests.Gallery.Browser;

/// <summary>A test in the browser; it is skipped, and says so, where there is none.</summary>
public sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute()
    {
        if (Chromium.Path is null) Skip = "No Chromium is installed: ./test.sh installs it (Debian, Ubuntu), or set IBA_CHROMIUM to its program.";
    }
}
