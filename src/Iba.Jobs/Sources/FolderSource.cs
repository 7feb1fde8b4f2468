using System.IO.Enumeration;

namespace Iba.Jobs;

/// <summary>The pictures in a folder and below it.</summary>
internal sealed class FolderSource(string folder, IReadOnlyCollection<string> extensions) : FileListSource(folder, Find(folder, extensions))
{
    private static (string Path, string? Target)[] Find(string folder, IReadOnlyCollection<string> extensions)
    {
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no folder '{folder}'.");
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        var found = new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToFullPath(), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && extensions.Contains(Path.GetExtension(entry.FileName).ToString().ToLowerInvariant()),
            // A link may lead back up.
            ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
        string[] paths = [.. found.Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal)];
        return paths.Length > 0
            ? [.. paths.Select(path => (path, (string?)null))]
            : throw new InvalidDataException($"There are no pictures in '{folder}' or below it; pictures end in {string.Join(", ", extensions)}.");
    }
}
