namespace Iba.Jobs;

/// <summary>Where the rows of a job come from.</summary>
public abstract class JobSource
{
    internal static readonly string[] PictureExtensions = [".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp"];

    private protected JobSource(SourceKind kind, string location) => (Kind, Location) = (kind, location);

    /// <summary>What kind of source it is, as it stands in the plan.</summary>
    internal SourceKind Kind { get; }

    /// <summary>The folder that paths start from, or the table's file; empty: paths are absolute.</summary>
    internal string Location { get; }

    /// <summary>The pictures in a folder and below it (.jpg, .jpeg, .png, .gif, .bmp, .webp), by their paths in ordinal order. Linked folders are not entered.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static JobSource Folder(string folder) => new FolderSource(Full(folder), PictureExtensions);

    /// <summary>Picture files, in the order given; the same file may come several times.</summary>
    /// <param name="files">Their paths.</param>
    public static JobSource Files(IEnumerable<string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return new FileListSource("", [.. files.Select(file => (Full(file), (string?)null))]);
    }

    /// <summary>
    /// The picture files that a text file names (UTF-8), one a line, below the list's own folder or by absolute paths; after a tab, a line may
    /// have the class to explain, a name or a number from 0. Empty lines are skipped.
    /// </summary>
    /// <param name="list">The text file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no text.</exception>
    public static JobSource List(string list)
    {
        string path = Full(list);
        return new FileListSource(Path.GetDirectoryName(path)!, [.. FileListSource.ReadList(path)]);
    }

    /// <summary>The rows of a Parquet file, whose columns have the names of the model's input columns.</summary>
    /// <param name="file">The file.</param>
    public static JobSource Parquet(string file) => new TableSource(SourceKind.Parquet, Full(file));

    /// <summary>The rows of a file in ML.NET's binary format, as <c>mlContext.Data.SaveAsBinary</c> writes it.</summary>
    /// <param name="file">The file.</param>
    public static JobSource Binary(string file) => new TableSource(SourceKind.Binary, Full(file));

    /// <summary>A source by what a path is: a folder, a table (.parquet, .idv), a picture, or else a list of files.</summary>
    /// <param name="path">A folder or a file.</param>
    /// <exception cref="FileNotFoundException">There is neither.</exception>
    public static JobSource Of(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (Directory.Exists(path)) return Folder(path);
        string extension = Path.GetExtension(path).ToLowerInvariant();
        return extension switch
        {
            _ when !File.Exists(path) => throw new FileNotFoundException($"There is no file or folder '{path}'.", path),
            ".parquet" => Parquet(path),
            ".idv" => Binary(path),
            _ => PictureExtensions.Contains(extension) ? Files([path]) : List(path),
        };
    }

    /// <summary>The rows, in their order.</summary>
    /// <param name="hash">Whether files are read for their hashes.</param>
    internal abstract IEnumerable<JobInput> Read(bool hash);

    private static string Full(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return Path.GetFullPath(path);
    }
}
