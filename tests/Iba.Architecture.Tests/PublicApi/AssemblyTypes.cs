using Iba.Architecture.Tests.Arrows;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Iba.Architecture.Tests.PublicApi;

/// <summary>The public types of our assemblies, as a user's compiler sees them.</summary>
internal static class AssemblyTypes
{
    /// <summary>What a user's program is compiled against.</summary>
    public static IReadOnlyList<MetadataReference> References { get; } = [.. Repository.Assemblies.Select(file => MetadataReference.CreateFromFile(file))];

    private static readonly CSharpCompilation Empty = CSharpCompilation.Create("User", references: References);

    /// <summary>The projects under src/.</summary>
    public static IEnumerable<string> Projects => SourceProject.All.Keys.Order(StringComparer.Ordinal);

    /// <summary>Every public type of a project, nested ones too, but for what a generator made (Orleans' serializers).</summary>
    public static IEnumerable<INamedTypeSymbol> Public(string project)
        => Types(References.Select(Empty.GetAssemblyOrModuleSymbol).OfType<IAssemblySymbol>().Single(assembly => assembly.Name == project).GlobalNamespace)
            .Where(type => type.GetAttributes().All(attribute => attribute.AttributeClass?.Name != nameof(System.CodeDom.Compiler.GeneratedCodeAttribute)));

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceOrTypeSymbol parent)
        => parent.GetMembers().OfType<INamespaceOrTypeSymbol>().SelectMany(member => member switch
        {
            INamedTypeSymbol { DeclaredAccessibility: Accessibility.Public } type => Types(type).Prepend(type),
            INamespaceSymbol => Types(member),
            _ => [],
        });
}
