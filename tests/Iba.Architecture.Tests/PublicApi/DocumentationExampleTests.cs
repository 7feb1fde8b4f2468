using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace Iba.Architecture.Tests.PublicApi;

/// <summary>The examples in the documentation of the code compile, and the members that users start from have one.</summary>
public class DocumentationExampleTests
{
    public static TheoryData<string> Projects => [.. AssemblyTypes.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Examples_compile(string project) => Complaints.AssertNone(DocumentationExample.Of(project).SelectMany(example => example.Complaints()));

    [Fact]
    public void Catalog_methods_and_estimators_have_examples()
    {
        string[] wanted = [.. AssemblyTypes.Public("Iba.MLNet").SelectMany(EntryPoints).Select(symbol => symbol.GetDocumentationCommentId()!)];

        Assert.Contains("T:Iba.MLNet.IbaEstimator", wanted);
        Assert.Contains(wanted, name => name.StartsWith("M:Microsoft.ML.IbaCatalog.Iba(", StringComparison.Ordinal));
        Complaints.AssertNone(wanted.Except(DocumentationExample.Of("Iba.MLNet").Select(example => example.Member)).Select(name => $"{name} has no <example>."));
    }

    [Theory]
    [InlineData("<code>int bits = \"many\";</code>", "M:Planted: (1,12): error CS0029")]
    [InlineData("<code>new MLContext().Transforms.Iba();</code>", "M:Planted: (1,28): error CS1501")]
    [InlineData("<code>Console.WriteLine(0);</code><code>string text = null; Console.WriteLine(text.Length);</code>", "M:Planted: (1,15): warning CS8600")]
    [InlineData("Words only.", "M:Planted: the example has no <code>.")]
    public void A_broken_example_is_found(string example, string complaint)
    {
        var documentation = XDocument.Parse($"<doc><members><member name=\"M:Planted\"><example>{example}</example></member></members></doc>");

        Assert.StartsWith(complaint, DocumentationExample.Read(documentation).SelectMany(planted => planted.Complaints()).First(), StringComparison.Ordinal);
    }

    private static IEnumerable<ISymbol> EntryPoints(INamedTypeSymbol type)
    {
        if (type.IsStatic && type.Name.EndsWith("Catalog", StringComparison.Ordinal))
            return type.GetMembers().Where(member => member is IMethodSymbol { IsStatic: true, DeclaredAccessibility: Accessibility.Public });
        return type.Name.EndsWith("Estimator", StringComparison.Ordinal) ? [type] : [];
    }
}
