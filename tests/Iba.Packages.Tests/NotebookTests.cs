namespace Iba.Packages.Tests;

/// <summary>The notebook of the samples, word for word, in .NET Interactive without an editor.</summary>
[Collection(PackedFeedTests.Name)]
[Trait("Speed", "Slow")]
public class NotebookTests(PackedFeed feed)
{
    [Fact]
    public void Its_cells_explain_a_photograph_and_show_the_figure()
    {
        string notebook = Path.Combine(PackedFeed.Repository, "samples", "notebooks", "one-image.dib");
        // Laid out as in the repository, so that the notebook's paths lead there.
        string root = Path.Combine(feed.Root, "notebook"), folder = Directory.CreateDirectory(Path.Combine(root, "samples", "notebooks")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(root, "samples", "assets"), Path.Combine(PackedFeed.Repository, "samples", "assets"));
        Directory.CreateDirectory(Path.Combine(root, "artifacts"));
        Directory.CreateSymbolicLink(Path.Combine(root, "artifacts", "packages"), feed.Feed);
        string[] cells = NotebookKernel.Cells(File.ReadAllText(notebook));
        using var kernel = new NotebookKernel(folder, Path.Combine(root, "unpacked"), PackedFeed.Cache);

        string[] shown = [.. cells.Select(kernel.Run)];

        Assert.Equal(5, shown.Length);
        Assert.Contains("20 rows", shown[2], StringComparison.Ordinal); // The warning of few photographs is among the notes.
        Assert.Contains("<img src='data:image/png;base64,iVBOR", shown[3], StringComparison.Ordinal);
        Assert.StartsWith("German shepherd 0.9", shown[4], StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(root, "artifacts", "notebook.zip")));
    }
}
