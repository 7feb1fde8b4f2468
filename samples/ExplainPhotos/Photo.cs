namespace ExplainPhotos;

/// <summary>A row that goes into the pipeline.</summary>
internal sealed class Photo
{
    /// <summary>Name of the file inside the folder.</summary>
    public string File { get; set; } = "";

    /// <summary>The file with its folder, so that a fitted pipeline reads other folders too.</summary>
    public string Path { get; set; } = "";

    /// <summary>All photographs of a folder, by name.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static IReadOnlyList<Photo> In(DirectoryInfo folder)
    {
        if (!folder.Exists) throw new DirectoryNotFoundException($"There is no folder {folder.FullName} (--images).");
        var photos = folder.EnumerateFiles()
            .Where(file => file.Extension.ToLowerInvariant() is ".jpg" or ".jpeg" or ".png")
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => new Photo { File = file.Name, Path = file.FullName })
            .ToArray();
        return photos.Length > 0 ? photos : throw new InvalidOperationException($"There is no .jpg or .png file in {folder.FullName}.");
    }

    /// <summary>The photographs to explain: a choice of ours from the sample's own folder, else the first ones.</summary>
    public static IReadOnlyList<Photo> Choose(IReadOnlyList<Photo> photos, int count)
    {
        string[] liked =
        [
            "dog.jpg", "panda.jpg", "coffee.jpg", "koala.jpg", "photographer.jpg", "polar-bear.jpg",
            "macaw.jpg", "sheep.jpg", "duck.jpg", "baseball.jpg", "hammer.jpg", "kangaroo.jpg",
        ];
        return photos.OrderBy(photo => Array.IndexOf(liked, photo.File) is >= 0 and var place ? place : liked.Length).Take(count).ToArray();
    }
}
