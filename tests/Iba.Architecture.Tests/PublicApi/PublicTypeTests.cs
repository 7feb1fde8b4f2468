using Microsoft.CodeAnalysis;

namespace Iba.Architecture.Tests.PublicApi;

/// <summary>Every public type has a reason to be public in docs/architecture.md.</summary>
public class PublicTypeTests
{
    public static TheoryData<string> Projects => [.. AssemblyTypes.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Public_types_are_those_of_the_page(string project)
    {
        string[] real = [.. AssemblyTypes.Public(project).Select(type => type.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat))];
        var page = ArchitecturePage.PublicTypes(project);
        string[] told = [.. page.Select(row => row.Type)];

        Complaints.AssertNone(
        [
            .. real.Except(told).Select(type => $"{type} is public in {project}: make it internal, or say in {ArchitecturePage.Path} why users need it."),
            .. told.Except(real).Select(type => $"{ArchitecturePage.Path} has {type}, which is no public type of {project}."),
            .. told.GroupBy(type => type).Where(group => group.Count() > 1).Select(group => $"{ArchitecturePage.Path} has {group.Key} twice."),
            .. page.Where(row => row.Reason.Length < 10).Select(row => $"{ArchitecturePage.Path} gives no reason for {row.Type}."),
        ]);
    }
}
