namespace Iba.Architecture.Tests.Arrows;

/// <summary>Which room of a project a file lies in.</summary>
/// <param name="folder">The project's folder.</param>
/// <param name="rooms">The declared rooms.</param>
internal sealed class RoomMap(string folder, IEnumerable<string> rooms)
{
    private readonly string[] _rooms = [.. rooms];

    /// <summary>
    /// The room: the innermost declared folder around the file, else (nobody declared it) the file's own folder. Null: the file lies outside
    /// the project.
    /// </summary>
    public string? Room(string file)
    {
        string path = Path.GetRelativePath(folder, file).Replace('\\', '/');
        if (path.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(path)) return null;
        string own = path[..(path.LastIndexOf('/') + 1)];
        if (own.Length == 0) return "./";
        return _rooms.Where(room => own.StartsWith(room, StringComparison.Ordinal)).MaxBy(room => room.Length) ?? own;
    }
}
