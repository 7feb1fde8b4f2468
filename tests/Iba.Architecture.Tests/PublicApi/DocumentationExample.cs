using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Iba.Architecture.Tests.PublicApi;

/// <summary>A program in the <c>&lt;example&gt;</c> of a member's documentation.</summary>
/// <param name="Member">The member's documentation id.</param>
/// <param name="Code">The program, as top-level statements, with the types it declares at the end. Null: the example has no code.</param>
internal sealed record DocumentationExample(string Member, string? Code)
{
    /// <summary>What a user's file begins with; other namespaces are for the example to name.</summary>
    public const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using Iba.MLNet;
        global using Iba.Onnx;
        global using Iba.Torch;
        global using Microsoft.ML;
        global using Microsoft.ML.Data;
        """;

    /// <summary>The examples of a project, out of the documentation file beside its assembly.</summary>
    public static IReadOnlyList<DocumentationExample> Of(string project) => Read(XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{project}.xml")));

    /// <summary>The examples of a documentation file.</summary>
    public static IReadOnlyList<DocumentationExample> Read(XDocument documentation)
        =>
        [
            .. from member in documentation.Descendants("member")
               from example in member.Descendants("example")
               from code in example.Descendants("code").Select(code => code.Value).DefaultIfEmpty(null)
               select new DocumentationExample(member.Attribute("name")!.Value, code),
        ];

    /// <summary>What the compiler objects to, warnings too.</summary>
    public IEnumerable<string> Complaints()
    {
        if (Code == null) return [$"{Member}: the example has no <code>."];
        var compilation = CSharpCompilation.Create(
            "Example",
            [CSharpSyntaxTree.ParseText(Usings), CSharpSyntaxTree.ParseText(Code)],
            AssemblyTypes.References,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        return compilation.GetDiagnostics().Where(found => found.Severity >= DiagnosticSeverity.Warning).Select(found => $"{Member}: {found}");
    }
}
