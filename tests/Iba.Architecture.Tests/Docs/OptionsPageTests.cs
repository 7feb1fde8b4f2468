namespace Iba.Architecture.Tests.Docs;

public class OptionsPageTests
{
    [Fact]
    public void The_page_is_what_the_code_says()
    {
        string text = OptionsPage.Text();
        if (Environment.GetEnvironmentVariable("IBA_WRITE_PAGES") == "1") File.WriteAllText(OptionsPage.Path, text);
        Assert.True(text == File.ReadAllText(OptionsPage.Path), $"docs/options.md is not what the documentation of the options says: write it with '{OptionsPage.Command}'.");
        // Of each kind one: with a code, a reference, and what another member says.
        Assert.Contains("- **`Seeds`** (`int`). How many seeds each row is explained with: the seed and those that follow it by 1. Map, bits and capacity are the means, and `DeviationColumnName` says", text, StringComparison.Ordinal);
        Assert.Contains("- **`Beta`** (`double?`). Weight of the information term", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<see", text, StringComparison.Ordinal);
    }
}
