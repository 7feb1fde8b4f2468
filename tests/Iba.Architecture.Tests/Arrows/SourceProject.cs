using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Iba.Architecture.Tests.Arrows;

/// <summary>A project under src/: its references and its code, compiled here as the build does it.</summary>
internal sealed class SourceProject
{
    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Latest, DocumentationMode.None);
    private static readonly Dictionary<string, MetadataReference> Packages = Repository.Assemblies.ToDictionary(Name, Reference);

    private readonly Lazy<CSharpCompilation> _compilation;

    private SourceProject(string file)
    {
        Folder = Path.GetDirectoryName(file)!;
        File = $"src/{Path.GetFileName(Folder)}/{Path.GetFileName(file)}";
        References = [.. XDocument.Load(file).Descendants("ProjectReference").Select(reference => Name(reference.Attribute("Include")!.Value))];
        _compilation = new Lazy<CSharpCompilation>(Compile);
    }

    /// <summary>Every project under src/, by name.</summary>
    public static IReadOnlyDictionary<string, SourceProject> All { get; } =
        Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories).ToDictionary(Name, file => new SourceProject(file));

    /// <summary>Its folder.</summary>
    public string Folder { get; }

    /// <summary>The project file, from the repository's folder.</summary>
    public string File { get; }

    /// <summary>The projects that it references.</summary>
    public IReadOnlyList<string> References { get; }

    /// <summary>Its code with what the build generated; a generated <c>obj/.../Schema/Onnx.cs</c> lies in the room <c>Schema/</c>.</summary>
    public CSharpCompilation Compilation => _compilation.Value;

    /// <summary>The rooms that hold code. What the build writes into the project's folder itself (attributes, usings) makes no room of it.</summary>
    public IEnumerable<string> Rooms(RoomMap map)
        => Compilation.SyntaxTrees.Select(tree => (tree.FilePath, Room: map.Room(tree.FilePath)!))
            .Where(tree => tree.Room != "./" || System.IO.File.Exists(tree.FilePath))
            .Select(tree => tree.Room)
            .Distinct();

    private string Generated => Path.Combine(Folder, Repository.BuildOutput);

    private CSharpCompilation Compile() => CSharpCompilation.Create(
        Name(File),
        Sources().Select(Parse),
        CompilerReferences(),
        // Warnings about nulls would cost time.
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Annotations));

    private IEnumerable<string> Sources()
        => Directory.EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => Path.GetRelativePath(Folder, file).Split(Path.DirectorySeparatorChar)[0] is not ("obj" or "bin"))
            .Concat(Directory.EnumerateFiles(Generated, "*.cs", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal);

    private SyntaxTree Parse(string file)
    {
        string path = file.StartsWith(Generated, StringComparison.Ordinal) ? Path.Combine(Folder, Path.GetRelativePath(Generated, file)) : file;
        return CSharpSyntaxTree.ParseText(SourceText.From(System.IO.File.ReadAllText(file)), ParseOptions, path);
    }

    /// <summary>The packages, as the compiler sees them (see build/Publicize.targets), and the projects below.</summary>
    private IEnumerable<MetadataReference> CompilerReferences()
    {
        string publicized = Path.Combine(Generated, "publicized");
        var swapped = Directory.Exists(publicized) ? Directory.GetFiles(publicized, "*.dll").ToDictionary(Name, Reference) : [];
        return Packages.Where(package => !All.ContainsKey(package.Key)).Select(package => swapped.GetValueOrDefault(package.Key, package.Value))
            .Concat(Below().Select(name => All[name].Compilation.ToMetadataReference()));
    }

    private IEnumerable<string> Below() => References.Concat(References.SelectMany(name => All[name].Below())).Distinct();

    private static MetadataReference Reference(string file) => MetadataReference.CreateFromFile(file);

    private static string Name(string file) => Path.GetFileNameWithoutExtension(file);
}
