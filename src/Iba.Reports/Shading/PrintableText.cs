namespace Iba.Reports;

/// <summary>Text as it can be shown.</summary>
internal static class PrintableText
{
    /// <summary>
    /// The text with control characters as dots, save line ends and tabs: a terminal obeys them, and HTML does not allow them, escaped or not.
    /// </summary>
    public static string Of(string text)
        => string.Create(text.Length, text, (span, from) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = char.IsControl(from[i]) && from[i] is not ('\n' or '\t') ? '·' : from[i];
        });
}
