using System.Text.RegularExpressions;

namespace Iba.Architecture.Tests.Documentation;

/// <summary>A block of C# on a page of the documentation.</summary>
/// <param name="Page">The page, from the repository's folder.</param>
/// <param name="Line">The line on which the code begins, from 1.</param>
/// <param name="Code">The code.</param>
/// <param name="Given">
/// What the page's words give the code, from a comment <c>&lt;!-- given: MLContext mlContext, IDataView photos --&gt;</c> before the block: parameters, and
/// after a semicolon declarations of types.
/// </param>
/// <param name="Objection">Why it cannot be compiled, from a comment <c>&lt;!-- not compiled: it shows internal code --&gt;</c>; null: it is.</param>
internal sealed partial record CodeBlock(string Page, int Line, string Code, string Given, string? Objection)
{
    /// <summary>The blocks of a page.</summary>
    public static IReadOnlyList<CodeBlock> Of(string page, string text)
    {
        text = text.ReplaceLineEndings("\n");
        return [.. Blocks().Matches(text).Select(found =>
        {
            var code = found.Groups["code"];
            string comment = found.Groups["comment"].Value;
            bool isObjection = found.Groups["kind"].Value == "not compiled";
            return new CodeBlock(page, text.AsSpan(0, code.Index).Count('\n') + 1, code.Value, isObjection ? "" : comment, isObjection ? comment : null);
        })];
    }

    [GeneratedRegex(@"(^<!-- (?<kind>given|not compiled): (?<comment>((?!-->).)*) -->\n)?^```(csharp|cs|c#) *\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Blocks();
}
