using System.Globalization;
using System.Text.Json;

namespace Iba.Reports;

/// <summary>
/// Photographs, maps and texts of a report while it is written, and the rows' names: files in a folder of their own, a page for every
/// few rows, so that memory does not grow with them. Each page is a script that hands its rows to the report.
/// </summary>
internal sealed class GalleryFolder : IDisposable
{
    /// <summary>How many rows a page has: a screen of rows in any order asks for few bytes that it does not show.</summary>
    public const int RowsPerPage = 8;

    private const string NamesFile = "names.json";

    private readonly string _folder;
    private readonly FileStream _namesFile;
    private readonly Utf8JsonWriter _names;
    private Utf8JsonWriter? _page;
    private FileStream? _pageFile;

    /// <summary>Begins.</summary>
    /// <param name="folder">A folder that does not exist yet, or was left by a report that was not finished.</param>
    /// <exception cref="IOException">The folder holds other files.</exception>
    public GalleryFolder(string folder)
    {
        Remove(folder);
        _folder = Directory.CreateDirectory(folder).FullName;
        _namesFile = File.Create(Path.Combine(folder, NamesFile));
        _names = new Utf8JsonWriter(_namesFile);
        _names.WriteStartArray();
    }

    /// <summary>How many rows there are.</summary>
    public int Rows { get; private set; }

    /// <summary>How many pages there are.</summary>
    public int Pages => (Rows + RowsPerPage - 1) / RowsPerPage;

    /// <summary>Adds a row.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="failure">Why it could not be explained; null: it could.</param>
    /// <param name="write">Writes what is shown of it as an object of JSON.</param>
    public void Add(string name, string? failure, Action<Utf8JsonWriter> write)
    {
        if (failure is null)
        {
            _names.WriteStringValue(PrintableText.Of(name));
        }
        else
        {
            _names.WriteStartArray();
            _names.WriteStringValue(PrintableText.Of(name));
            _names.WriteStringValue(PrintableText.Of(failure));
            _names.WriteEndArray();
        }

        if (_names.BytesPending > 1 << 16) _names.Flush();
        if (Rows % RowsPerPage == 0) BeginPage();
        write(_page!);
        Rows++;
        if (Rows % RowsPerPage == 0) EndPage();
    }

    /// <summary>Ends the last page and copies the names to where they belong: an array of JSON.</summary>
    public void CopyNames(Stream to)
    {
        EndPage();
        _names.WriteEndArray();
        _names.Flush();
        _namesFile.Position = 0;
        _namesFile.CopyTo(to);
    }

    /// <summary>The rows of a page as an array of JSON in one line.</summary>
    public string ReadPage(int page) => File.ReadLines(PagePath(page)).ElementAt(1);

    /// <summary>Moves the pages to their place, where those of an earlier report are removed.</summary>
    public void MoveTo(string folder)
    {
        _names.Dispose();
        _namesFile.Dispose();
        File.Delete(_namesFile.Name);
        Remove(folder);
        Directory.Move(_folder, folder);
    }

    /// <summary>Removes what was not moved.</summary>
    public void Dispose()
    {
        EndPage();
        _names.Dispose();
        _namesFile.Dispose();
        Remove(_folder);
    }

    /// <summary>Removes the pages of an earlier report.</summary>
    /// <exception cref="IOException">The folder holds other files: it is left as it is.</exception>
    public static void Remove(string folder)
    {
        if (!Directory.Exists(folder)) return;
        CheckOurs(folder);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Checks that a folder, where it exists, holds pages of a report and nothing else.</summary>
    /// <exception cref="IOException">It does not.</exception>
    public static void CheckOurs(string folder)
    {
        if (!Directory.Exists(folder)) return;
        foreach (string entry in Directory.EnumerateFileSystemEntries(folder))
        {
            string name = Path.GetFileName(entry);
            if (name == NamesFile || (name.Length == 8 && name.EndsWith(".js", StringComparison.Ordinal) && name.AsSpan(0, 5).IndexOfAnyExceptInRange('0', '9') < 0)) continue;
            throw new IOException($"The report's pages belong into '{folder}', which would be replaced, but it holds '{name}': move that, or name the report otherwise.");
        }
    }

    private string PagePath(int page) => Path.Combine(_folder, page.ToString("00000", CultureInfo.InvariantCulture) + ".js");

    private void BeginPage()
    {
        int page = Rows / RowsPerPage;
        _pageFile = File.Create(PagePath(page));
        _pageFile.Write(System.Text.Encoding.ASCII.GetBytes($"receivePage({page.ToString(CultureInfo.InvariantCulture)},\n"));
        _page = new Utf8JsonWriter(_pageFile);
        _page.WriteStartArray();
    }

    private void EndPage()
    {
        if (_page is null) return;
        _page.WriteEndArray();
        _page.Dispose();
        _pageFile!.Write("\n);\n"u8);
        _pageFile.Dispose();
        (_page, _pageFile) = (null, null);
    }
}
