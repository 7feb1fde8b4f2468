using System.Globalization;
using System.Text;
using Iba.Architecture.Tests.PublicApi;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Iba.Architecture.Tests.Documentation;

/// <summary>
/// The code of pages as a program: each page a namespace, each block a method of it whose parameters are what the page's words give. Types of a block are there
/// for the whole page.
/// </summary>
internal static class PageCode
{
    private const string Usings = DocumentationExample.Usings + """

        global using System.Threading.Tasks;
        global using Iba.Hosting;
        global using Iba.Jobs;
        global using Iba.Orleans;
        global using Iba.Reports;
        global using static TorchSharp.torch;
        global using static TorchSharp.torch.nn.functional;
        """;

    /// <summary>What the compiler objects to, warnings too, with page and line. One compilation for all: to read the assemblies takes longer than to compile.</summary>
    public static IEnumerable<string> Complaints(IEnumerable<CodeBlock> blocks)
    {
        var pages = blocks.Where(block => block.Objection == null).GroupBy(block => block.Page).Select((page, index) => CSharpSyntaxTree.ParseText(Source([.. page], index)));
        var compilation = CSharpCompilation.Create(
            "Pages",
            [CSharpSyntaxTree.ParseText(Usings), .. pages],
            AssemblyTypes.References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return compilation.GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning).Select(found => found.ToString());
    }

    private static string Source(IReadOnlyList<CodeBlock> blocks, int page)
    {
        StringBuilder usings = new(), types = new(), methods = new();
        // A page may show a type again, where readers need it.
        var known = new HashSet<string>();
        foreach (var block in blocks)
        {
            string[] given = block.Given.Split(';', 2);
            if (given.Length == 2) Append(types, block, block.Line - 1, given[1]);
            var root = CSharpSyntaxTree.ParseText(block.Code).GetCompilationUnitRoot();
            foreach (var directive in root.Usings) Append(usings, block, LineOf(block, directive), directive.ToFullString());
            foreach (var type in root.Members.Where(member => member is not GlobalStatementSyntax && known.Add(member.NormalizeWhitespace().ToFullString()))) Append(types, block, LineOf(block, type), type.ToFullString());
            var statements = root.Members.OfType<GlobalStatementSyntax>().ToArray();
            if (statements.Length == 0) continue;
            bool isAsync = root.DescendantNodes().OfType<AwaitExpressionSyntax>().Any();
            methods.Append(CultureInfo.InvariantCulture, $"public static {(isAsync ? "async Task" : "void")} Block{block.Line}(");
            Append(methods, block, block.Line - 1, $"{given[0]}) {{");
            foreach (var statement in statements) Append(methods, block, LineOf(block, statement), statement.ToFullString());
            methods.Append("}\n");
        }

        return $"{usings}\nnamespace Page{page} {{\n{types}\ninternal static class Code {{\n{methods}\n}} }}";
    }

    private static int LineOf(CodeBlock block, SyntaxNode node) => block.Line + node.SyntaxTree.GetLineSpan(node.FullSpan).StartLinePosition.Line;

    private static void Append(StringBuilder source, CodeBlock block, int line, string code) => source.Append(CultureInfo.InvariantCulture, $"\n#line {line} \"{block.Page}\"\n{code}\n#line default\n");
}
