using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Iba.Architecture.Tests.Sources;

/// <summary>Usings stand as <c>dotnet format</c> sorts them, which no build looks at: System first, then the others; static ones behind, aliases last.</summary>
public class UsingOrderTests
{
    private static readonly EnumerationOptions Below = new() { RecurseSubdirectories = true };

    [Fact]
    public void Usings_are_sorted_in_every_file()
        => Complaints.AssertNone(Files().Where(file => !IsSorted(File.ReadAllText(file))).Select(file => $"{Path.GetRelativePath(Repository.Root, file)}: run 'dotnet format'."));

    [Theory]
    [InlineData("using System.Text;\nusing Iba.Torch;\nusing Microsoft.ML;\nusing static System.Math;\nusing static TorchSharp.torch;\nusing A = System.Text.Rune;", true)]
    [InlineData("using Iba.Torch;\nusing System.Text;", false)]
    [InlineData("using Microsoft.ML;\nusing Iba.Torch;", false)]
    [InlineData("using Microsoft.ML.Data;\nusing Microsoft.ML;", false)]
    [InlineData("using static TorchSharp.torch;\nusing Xunit;", false)]
    [InlineData("using A = System.Text.Rune;\nusing System.Text;", false)]
    public void Each_kind_has_its_place(string code, bool isSorted) => Assert.Equal(isSorted, IsSorted(code));

    private static IEnumerable<string> Files()
        => new[] { "src", "tests", "samples", "benchmarks", "build" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", Below))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    private static bool IsSorted(string code)
    {
        string[] usings = [.. CSharpSyntaxTree.ParseText(code).GetCompilationUnitRoot().Usings.Select(Key)];
        return usings.SequenceEqual(usings.Order(StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>What usings are sorted by, part for part of their names.</summary>
    private static string Key(UsingDirectiveSyntax directive)
    {
        string[] parts = (directive.Alias?.Name.ToString() ?? directive.NamespaceOrType.ToString()).Split('.');
        int kind = directive.Alias != null ? 2 : directive.StaticKeyword.IsKind(SyntaxKind.None) ? 0 : 1;
        return $"{(directive.GlobalKeyword.IsKind(SyntaxKind.None) ? 1 : 0)}{kind}{(parts[0] == "System" ? 0 : 1)}{string.Join('\u0001', parts)}";
    }
}
