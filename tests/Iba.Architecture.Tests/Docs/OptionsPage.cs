using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Iba.Architecture.Tests.PublicApi;
using Microsoft.CodeAnalysis;

namespace Iba.Architecture.Tests.Docs;

/// <summary>docs/options.md, made of what the code says of its options: so that there is one place to keep right.</summary>
internal static partial class OptionsPage
{
    /// <summary>The command that writes the page anew; it stands in the page.</summary>
    public const string Command = "IBA_WRITE_PAGES=1 dotnet test tests/Iba.Architecture.Tests --filter OptionsPage";

    private static readonly (string Project, string Type, string Title, string Introduction)[] Chapters =
    [
        ("Iba.MLNet", "Iba.MLNet.AttributionOptions", "Every estimator", "`mlContext.Transforms.Iba` and `mlContext.Transforms.Attribution`: what is explained, how rows are read and computed, which columns come out."),
        ("Iba.MLNet", "Iba.MLNet.IbaEstimator.Options", "The bottleneck", "`mlContext.Transforms.Iba(new IbaEstimator.Options { ... })`, beside those above."),
        ("Iba.MLNet", "Iba.MLNet.AttributionEstimator.Options", "Other methods", "`mlContext.Transforms.Attribution(new AttributionEstimator.Options { ... })`, beside those of every estimator."),
        ("Iba.Torch", "Iba.Torch.ExecutionOptions", "The machine", "`Execution`, in every estimator; not saved."),
        ("Iba.Hosting", "Iba.Hosting.IbaExplainerOptions", "One image", "`IbaExplainer.Fit(network, photographs, new IbaExplainerOptions { ... })`."),
        ("Iba.Hosting", "Iba.Hosting.IbaServiceOptions", "Services", "`services.AddIba(\"explainer.zip\", options => ...)`."),
    ];

    /// <summary>Where the page lies.</summary>
    public static string Path { get; } = System.IO.Path.Combine(Repository.Root, "docs", "options.md");

    /// <summary>The page.</summary>
    public static string Text()
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# Options\n\nAll of them, as the documentation of the code has them. Written by `{Command}`.\n");
        foreach (var (project, name, title, introduction) in Chapters)
        {
            var type = AssemblyTypes.Public(project).Single(type => type.ToDisplayString() == name);
            page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{introduction}\n\n");
            foreach (var member in type.GetMembers().Where(IsOption)) page.Append(CultureInfo.InvariantCulture, $"- **`{member.Name}`** (`{TypeOf(member).ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}`). {Summary(project, member.GetDocumentationCommentId()!)}\n");
        }

        return page.ToString();
    }

    private static bool IsOption(ISymbol member) => member is
        IFieldSymbol { DeclaredAccessibility: Accessibility.Public, IsStatic: false } or IPropertySymbol { DeclaredAccessibility: Accessibility.Public, IsStatic: false, SetMethod: not null };

    private static ITypeSymbol TypeOf(ISymbol member) => member is IFieldSymbol field ? field.Type : ((IPropertySymbol)member).Type;

    private static string Summary(string project, string id)
    {
        var member = Documentation(project).GetValueOrDefault(id) ?? throw new InvalidDataException($"{id} has no documentation.");
        if (member.Element("inheritdoc")?.Attribute("cref")?.Value is { } other) return Summary(Owner(other), other);
        return Spaces().Replace(string.Concat(member.Element("summary")!.Nodes().Select(Words)), " ").Trim();
    }

    // "F:Iba.MLNet.AttributionOptions.Layer": the longest name of a project that it begins with.
    private static string Owner(string id) => AssemblyTypes.Projects.Where(project => id[2..].StartsWith($"{project}.", StringComparison.Ordinal)).MaxBy(project => project.Length)!;

    private static Dictionary<string, XElement> Documentation(string project)
        => XDocument.Load(System.IO.Path.Combine(AppContext.BaseDirectory, $"{project}.xml")).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);

    private static string Words(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" or "paramref" } reference when (reference.Attribute("cref") ?? reference.Attribute("langword") ?? reference.Attribute("name"))?.Value is { } name => $"`{Short(name)}`",
        XElement other => string.Concat(other.Nodes().Select(Words)),
        _ => "",
    };

    // "P:Iba.MLNet.ImagePreprocessing.ImageNet" is ImagePreprocessing.ImageNet for a reader, "F:...AttributionOptions.Layer" Layer.
    private static string Short(string cref)
    {
        string[] parts = (cref.Length > 1 && cref[1] == ':' ? cref[2..] : cref).Split('(')[0].Split('.');
        bool isMember = cref[0] is 'F' or 'P' or 'M' && parts.Length > 1 && !parts[^2].EndsWith("Options", StringComparison.Ordinal);
        string name = isMember ? $"{parts[^2]}.{parts[^1]}" : parts[^1];
        return name switch { "Single" => "float", "Int32" => "int", _ => name.Split('`')[0] };
    }

    [GeneratedRegex("\\s+")]
    private static partial Regex Spaces();
}
