namespace Iba.Architecture.Tests.Arrows;

/// <summary>The references between the projects under src/ are those of docs/architecture.md.</summary>
public class ProjectArrowTests
{
    [Fact]
    public void Projects_reference_what_the_page_says()
        => Complaints.AssertNone(ArrowCheck.Complaints(
            ArchitecturePage.Projects,
            SourceProject.All.Keys,
            [.. SourceProject.All.SelectMany(project => project.Value.References, (project, to) => new Arrow(project.Key, to, project.Value.File, "the project"))]));
}
