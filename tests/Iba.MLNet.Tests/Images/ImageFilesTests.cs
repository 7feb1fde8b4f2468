using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet.Tests;

/// <summary>A text column of paths: the library reads the files itself.</summary>
public sealed class ImageFilesTests : IDisposable
{
    private static readonly ImagePreprocessing Preprocessing = ImagePreprocessing.ImageNet with { ResizeShorterSide = 18, CropWidth = 16, CropHeight = 16 };

    private readonly MLContext _ml = new(seed: 1);
    private readonly List<(ChannelMessageKind Kind, string Text)> _log = [];
    private readonly ConvolutionalNetwork _network = new();
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public ImageFilesTests()
    {
        _ml.Log += (_, e) => _log.Add((e.Kind, e.RawMessage));
        var random = new Random(4);
        foreach (int i in Enumerable.Range(0, 5))
        {
            byte[] pixels = new byte[3 * (22 + i) * 19];
            random.NextBytes(pixels);
            new RgbImage(22 + i, 19, pixels).SavePng(Path.Combine(_folder, $"{i}.png"));
        }
    }

    public void Dispose()
    {
        _network.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Paths_give_the_maps_of_loaded_images_bit_for_bit_and_come_back_from_a_file()
    {
        string photos = Path.Combine(AppContext.BaseDirectory, "assets", "photos");
        foreach (string photo in new[] { "dog.jpg", "koala.jpg" }) File.Copy(Path.Combine(photos, photo), Path.Combine(_folder, photo));
        FileRow[] names = [.. Names(), new() { File = "dog.jpg" }, new() { File = "koala.jpg" }];
        var files = _ml.Data.LoadFromEnumerable(names);
        using var images = _ml.Transforms.LoadImages("Photo", _folder, "File").Append(_ml.Transforms.Iba(Options("Photo"))).Fit(files);
        float[][] expected = Maps(images, files);
        Assert.Contains(_log, entry => entry.Kind == ChannelMessageKind.Info && entry.Text.Contains("Column 'Photo' holds images that were decoded before", StringComparison.Ordinal));
        _log.Clear();

        using var paths = _ml.Transforms.Iba(Options("File", options => options.ImageFolder = _folder)).Fit(files);
        Assert.Equal(expected, Maps(paths, files));
        Assert.DoesNotContain(_log, entry => entry.Text.Contains("decoded before", StringComparison.Ordinal));

        string zip = Path.Combine(_folder, "explainer.zip");
        _ml.Model.Save(paths, files.Schema, zip);
        var loaded = _ml.Model.Load(zip, out _);
        using var disposable = (IDisposable)loaded;
        Assert.Equal(expected, Maps(loaded, files));

        var wholePaths = _ml.Data.LoadFromEnumerable(names.Select(row => new FileRow { File = Path.Combine(_folder, row.File) }));
        using var withoutFolder = _ml.Transforms.Iba(Options("File")).Fit(wholePaths);
        Assert.Equal(expected, Maps(withoutFolder, wholePaths));
    }

    [Theory]
    [InlineData(0.55)]
    [InlineData(0.98)]
    public void A_file_that_is_cut_short_fails_by_name_and_alone(double part)
    {
        var good = _ml.Data.LoadFromEnumerable(Names());
        using var patient = _ml.Transforms.Iba(Options("File", options => (options.ImageFolder, options.BadRows) = (_folder, BadRowHandling.Missing))).Fit(good);
        using var strict = _ml.Transforms.Iba(Options("File", options => options.ImageFolder = _folder)).Fit(good);
        float[][] expected = Maps(strict, good);

        byte[] whole = File.ReadAllBytes(Path.Combine(_folder, "2.png"));
        File.WriteAllBytes(Path.Combine(_folder, "2.png"), whole[..(int)(part * whole.Length)]);
        string message = Assert.ThrowsAny<InvalidOperationException>(() => Maps(strict, good)).Message;
        Assert.Contains("Row 2 (2.png): column 'File' names a picture that cannot be used", message, StringComparison.Ordinal);
        Assert.Contains("2.png' is cut short: only a part of its pixels is there", message, StringComparison.Ordinal);

        float[][] maps = Maps(patient, good);
        Assert.All(maps[2], value => Assert.True(float.IsNaN(value)));
        foreach (int row in new[] { 0, 1, 3, 4 }) Assert.Equal(expected[row], maps[row]);
        Assert.Contains(_log, entry => entry.Kind == ChannelMessageKind.Warning && entry.Text.Contains("2.png' is cut short", StringComparison.Ordinal));
        Assert.Contains("is cut short", Assert.ThrowsAny<InvalidOperationException>(() => _ml.Transforms.Iba(Options("File", options => options.ImageFolder = _folder)).Fit(good)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Orientation_is_applied_where_that_is_asked_for()
    {
        File.WriteAllBytes(Path.Combine(_folder, "turned.jpg"), PictureFiles.JpegToBeTurned());
        RgbImage.Load(Path.Combine(_folder, "turned.jpg"), applyExifOrientation: true).SavePng(Path.Combine(_folder, "upright.png"));
        RgbImage.Load(Path.Combine(_folder, "turned.jpg")).SavePng(Path.Combine(_folder, "lying.png"));
        var files = _ml.Data.LoadFromEnumerable(new[] { "turned.jpg", "upright.png", "lying.png", "0.png" }.Select(name => new FileRow { File = name }));
        float[][] Explain(bool applied)
        {
            using var transformer = _ml.Transforms.Iba(Options("File", options =>
                (options.ImageFolder, options.Preprocessing) = (_folder, Preprocessing with { ApplyExifOrientation = applied }))).Fit(files);
            string zip = Path.Combine(_folder, "turned.zip");
            _ml.Model.Save(transformer, files.Schema, zip);
            var loaded = _ml.Model.Load(zip, out _);
            using var disposable = (IDisposable)loaded;
            return Maps(loaded, files);
        }

        float[][] applied = Explain(true);
        Assert.Equal(applied[1].Sum(), applied[0].Sum(), 1e-3);
        float[][] left = Explain(false);
        Assert.Equal(left[2].Sum(), left[0].Sum(), 1e-3);
        Assert.NotEqual(applied[0], left[0]);
    }

    [Theory]
    [InlineData("", "Row 1: column 'File' has no path of a picture")]
    [InlineData("  ", "column 'File' has no path of a picture")]
    [InlineData("absent.png", "Row 1 (absent.png): column 'File' names a picture that cannot be used: Could not find file")]
    [InlineData("page.jpg", "Row 1 (page.jpg): column 'File' names a picture that cannot be used: '")]
    [InlineData("folder", "Row 1 (folder): column 'File' names a picture that cannot be used: ")]
    public void What_is_no_picture_is_named(string path, string message)
    {
        File.WriteAllText(Path.Combine(_folder, "page.jpg"), "<html>404</html>");
        Directory.CreateDirectory(Path.Combine(_folder, "folder"));
        using var transformer = _ml.Transforms.Iba(Options("File", options => options.ImageFolder = _folder)).Fit(_ml.Data.LoadFromEnumerable(Names()));
        var rows = _ml.Data.LoadFromEnumerable(new[] { new FileRow { File = "0.png" }, new FileRow { File = path } });
        Assert.Contains(message, Assert.ThrowsAny<InvalidOperationException>(() => Maps(transformer, rows)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_failure_of_a_row_names_its_path()
    {
        var files = _ml.Data.LoadFromEnumerable(Names());
        using var transformer = _ml.Transforms.Iba(Options("File", options => (options.ImageFolder, options.LabelColumnName) = (_folder, "Label"))).Fit(files);
        var wrong = _ml.Data.LoadFromEnumerable(Names().Select((row, i) => new FileRow { File = row.File, Label = i == 3 ? 99 : 0 }));
        Assert.Contains("Row 3 (3.png): column 'Label' asks for class 99", Assert.ThrowsAny<InvalidOperationException>(() => Maps(transformer, wrong)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_do_not_fit_the_column_are_refused()
    {
        var files = _ml.Data.LoadFromEnumerable(Names());
        var load = _ml.Transforms.LoadImages("Photo", _folder, "File");
        AssertRefused("holds text: if these are paths of pictures", () => _ml.Transforms.Iba(Options("File", options => options.Preprocessing = null)).Fit(files));
        AssertRefused("holds no paths (text)", () => load.Append(_ml.Transforms.Iba(Options("Photo", options => options.ImageFolder = _folder))).Fit(files));
        AssertRefused(
            "no longer say how they are to be turned",
            () => load.Append(_ml.Transforms.Iba(Options("Photo", options => options.Preprocessing = Preprocessing with { ApplyExifOrientation = true }))).Fit(files));
        AssertRefused("ImageFolder", () => _ml.Transforms.Iba(Options("File", options => options.ImageFolder = " ")));

        static void AssertRefused(string message, Action action)
            => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    private static FileRow[] Names() => Enumerable.Range(0, 5).Select(i => new FileRow { File = $"{i}.png" }).ToArray();

    private IbaEstimator.Options Options(string column, Action<IbaEstimator.Options>? change = null)
    {
        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = column,
            Network = _network,
            Layer = "conv1",
            Preprocessing = Preprocessing,
            Seed = 1,
            Steps = 3,
            NoiseCopies = 2,
            BatchSize = 4,
        };
        change?.Invoke(options);
        return options;
    }

    private static float[][] Maps(ITransformer transformer, IDataView data) => transformer.Transform(data).GetColumn<float[]>("Heatmap").ToArray();

    private sealed class FileRow
    {
        public string File { get; set; } = "";

        public int Label { get; set; }
    }
}
