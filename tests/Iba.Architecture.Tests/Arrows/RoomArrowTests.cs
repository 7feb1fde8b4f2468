namespace Iba.Architecture.Tests.Arrows;

/// <summary>The rooms of a project are those of docs/architecture.md, and use only what the page says.</summary>
public class RoomArrowTests
{
    /// <summary>The projects whose rooms are in order.</summary>
    public static TheoryData<string> Projects => [.. SourceProject.All.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Rooms_use_what_the_page_says(string name)
    {
        var project = SourceProject.All[name];
        var rooms = ArchitecturePage.Rooms(name);
        var map = new RoomMap(project.Folder, rooms.Select(room => room.Name));

        Complaints.AssertNone(ArrowCheck.Complaints(rooms, project.Rooms(map), RoomArrows.Of(project.Compilation, project.Folder, map)));
    }
}
