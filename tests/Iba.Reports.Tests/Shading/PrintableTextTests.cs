namespace Iba.Reports.Tests;

public class PrintableTextTests
{
    [Fact]
    public void Control_characters_become_dots_save_line_ends_and_tabs()
        => Assert.Equal("a·b\n\t·é漢·", PrintableText.Of("a\u001bb\n\t\ré漢\u0085"));
}
