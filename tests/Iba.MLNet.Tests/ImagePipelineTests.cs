using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Iba.MLNet.Tests;

/// <summary>Image columns: files of any size, images in memory, images that cannot be read, and who owns them.</summary>
public sealed class ImagePipelineTests : IDisposable
{
    private static readonly ImagePreprocessing Preprocessing = ImagePreprocessing.ImageNet with { ResizeShorterSide = 18, CropWidth = 16, CropHeight = 16 };

    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose()
    {
        _network.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public sealed class PhotoRow
    {
        public string File { get; set; } = "";
    }

    public sealed class ImageRow
    {
        [ImageType(20, 24)]
        public MLImage? Photo { get; set; }
    }

    public sealed class OverlayRow
    {
        public string File { get; set; } = "";

        public float[] Heatmap { get; set; } = [];

        public float Bits { get; set; }

        [ImageType(16, 16)]
        public MLImage? Overlay { get; set; }
    }

    /// <summary>Photographs of different sizes with a bright square somewhere.</summary>
    private PhotoRow[] MakeFiles(int count)
    {
        var random = new Random(2);
        return Enumerable.Range(0, count).Select(i =>
        {
            var image = MakeImage(random, 20 + (3 * i), 24 + (i % 4));
            string name = $"photo{i}.png";
            image.SavePng(Path.Combine(_folder, name));
            return new PhotoRow { File = name };
        }).ToArray();
    }

    private static RgbImage MakeImage(Random random, int width, int height)
    {
        byte[] pixels = new byte[3 * width * height];
        random.NextBytes(pixels);
        int left = random.Next(width - 8), top = random.Next(height - 8), channel = random.Next(3);
        for (int y = top; y < top + 8; y++)
        {
            for (int x = left; x < left + 8; x++) pixels[(3 * ((y * width) + x)) + channel] = 255;
        }

        return new RgbImage(width, height, pixels);
    }

    private IbaEstimator.Options Options(ImagePreprocessing? preprocessing = null) => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Photo",
        Network = _network,
        Layer = "conv1",
        Preprocessing = preprocessing ?? Preprocessing,
        Seed = 1,
        Steps = 4,
        NoiseCopies = 3,
        BatchSize = 4,
        TotalBitsColumnName = "Bits",
        OverlayColumnName = "Overlay",
    };

    private EstimatorChain<IbaTransformer> Pipeline(IbaEstimator.Options? options = null)
        => _ml.Transforms.LoadImages("Photo", _folder, "File").Append(_ml.Transforms.Iba(options ?? Options()));

    private sealed record Explained(string File, (int Width, int Height) Photo, float[] Heatmap, float Bits, RgbImage Overlay);

    private static List<Explained> Read(IDataView view)
    {
        using var cursor = view.GetRowCursor(view.Schema);
        var file = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["File"]);
        var photo = cursor.GetGetter<MLImage>(view.Schema["Photo"]);
        var heatmap = cursor.GetGetter<VBuffer<float>>(view.Schema["Heatmap"]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        var overlay = cursor.GetGetter<MLImage>(view.Schema["Overlay"]);
        (ReadOnlyMemory<char> File, MLImage? Photo, VBuffer<float> Heatmap, float Bits, MLImage? Overlay) row = default;
        var rows = new List<Explained>();
        while (cursor.MoveNext())
        {
            file(ref row.File);
            photo(ref row.Photo!);
            heatmap(ref row.Heatmap);
            bits(ref row.Bits);
            overlay(ref row.Overlay!);
            rows.Add(new(row.File.ToString(), (row.Photo!.Width, row.Photo.Height), row.Heatmap.DenseValues().ToArray(), row.Bits, MLImagePixels.Read(row.Overlay!)));
        }

        row.Overlay?.Dispose();
        return rows;
    }

    [Fact]
    public void Photographs_of_any_size_are_explained_beside_their_own_pixels()
    {
        var files = MakeFiles(10);
        var data = _ml.Data.LoadFromEnumerable(files);
        var fitted = Pipeline().Fit(data);
        var rows = Read(fitted.Transform(data));
        Assert.Equal(10, rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            Assert.Equal($"photo{i}.png", rows[i].File);
            Assert.Equal(20 + (3 * i), rows[i].Photo.Width); // the row's own image, though rows are read ahead
            Assert.Equal(256, rows[i].Heatmap.Length);
            Assert.True(rows[i].Bits > 0);
            Assert.Equal((16, 16), (rows[i].Overlay.Width, rows[i].Overlay.Height));
        }

        // The map is that of the pixels given as numbers.
        var pixels = files.Select(file => new PixelRow { Pixels = Preprocessing.Apply(RgbImage.Load(Path.Combine(_folder, file.File))) });
        var options = Options();
        (options.InputColumnName, options.Preprocessing, options.OverlayColumnName) = ("Pixels", null, null);
        var numbers = _ml.Data.LoadFromEnumerable(pixels);
        using var transformer = _ml.Transforms.Iba(options).Fit(numbers);
        var expected = _ml.Read(transformer.Transform(numbers));
        for (int i = 0; i < rows.Count; i++) Assert.Equal(expected[i].Bits, rows[i].Bits, 1e-4 * expected[i].Bits);
        fitted.LastTransformer.Dispose();
    }

    [Fact]
    public void The_overlay_shows_the_crop_and_glows_where_the_bits_are()
    {
        var data = _ml.Data.LoadFromEnumerable(MakeFiles(6));
        var fitted = Pipeline().Fit(data);
        var row = Read(fitted.Transform(data))[0];
        var crop = Preprocessing.Crop(RgbImage.Load(Path.Combine(_folder, "photo0.png")));
        var expected = new HeatmapRenderer().Overlay(crop, row.Heatmap);
        Assert.Equal(expected.Pixels.ToArray(), row.Overlay.Pixels.ToArray());
    }

    [Fact]
    public void The_zip_and_the_prediction_engine_agree_with_the_batches()
    {
        var files = MakeFiles(6);
        var data = _ml.Data.LoadFromEnumerable(files);
        var fitted = Pipeline().Fit(data);
        var expected = Read(fitted.Transform(data));
        using var stream = new MemoryStream();
        _ml.Model.Save(fitted, data.Schema, stream);
        stream.Position = 0;
        using var engine = new MLContext().Model.CreatePredictionEngine<PhotoRow, OverlayRow>(_ml.Model.Load(stream, out _));
        for (int i = 0; i < files.Length; i++)
        {
            var row = engine.Predict(files[i]);
            Assert.Equal(expected[i].Bits, row.Bits, 1e-5 * row.Bits);
            Assert.Equal(16, row.Overlay!.Width);
        }
    }

    [Fact]
    public void Images_in_memory_stay_the_caller_s()
    {
        var random = new Random(3);
        var images = Enumerable.Range(0, 6).Select(_ => new ImageRow { Photo = MLImage.CreateFromStream(new MemoryStream(MakeImage(random, 24, 20).ToPng())) }).ToArray();
        var data = _ml.Data.LoadFromEnumerable(images);
        using var transformer = _ml.Transforms.Iba(Options()).Fit(data);
        Assert.All(_ml.Data.CreateEnumerable<OverlayRow>(transformer.Transform(data), false, ignoreMissingColumns: true), row => Assert.True(row.Bits > 0));
        Assert.All(images, image => Assert.Equal(24, image.Photo!.Width)); // throws if it were disposed
        foreach (var image in images) image.Photo!.Dispose();
    }

    [Fact]
    public void Images_that_cannot_be_read_are_named_and_lose_no_others()
    {
        var files = MakeFiles(8);
        var fitted = Pipeline().Fit(_ml.Data.LoadFromEnumerable(files));
        File.WriteAllText(Path.Combine(_folder, "photo3.png"), "no image");
        File.Delete(Path.Combine(_folder, "photo5.png"));
        files[6].File = "";
        var view = fitted.Transform(_ml.Data.LoadFromEnumerable(files));
        using var cursor = view.GetRowCursor([view.Schema["Bits"], view.Schema["File"]]);
        var getter = cursor.GetGetter<float>(view.Schema["Bits"]);
        var failures = new List<string>();
        while (cursor.MoveNext())
        {
            float bits = 0;
            failures.Add(Record.Exception(() => getter(ref bits))?.Message ?? "");
        }

        Assert.Contains("Row 3: column 'Photo'", failures[3], StringComparison.Ordinal);
        Assert.Contains("photo5.png", failures[5], StringComparison.Ordinal);
        Assert.Contains("Row 6: column 'Photo' has no image", failures[6], StringComparison.Ordinal);
        Assert.Equal(5, failures.Count(failure => failure.Length == 0));
        Assert.Contains("Row 3", Assert.ThrowsAny<InvalidOperationException>(() => Pipeline().Fit(_ml.Data.LoadFromEnumerable(files))).Message, StringComparison.Ordinal);

        // Left out where the options say so, at Fit and when explaining.
        var options = Options();
        options.BadRows = BadRowHandling.Missing;
        var patient = Pipeline(options).Fit(_ml.Data.LoadFromEnumerable(files));
        Assert.Equal(5, patient.LastTransformer.MeasuredRows);
        var missing = patient.LastTransformer.Transform(_ml.Transforms.LoadImages("Photo", _folder, "File")
            .Fit(_ml.Data.LoadFromEnumerable(files)).Transform(_ml.Data.LoadFromEnumerable(files)));
        Assert.Equal([3, 5, 6], missing.GetColumn<float>("Bits").Select((bits, row) => float.IsNaN(bits) ? row : -1).Where(row => row >= 0));
    }

    [Fact]
    public void Without_a_crop_maps_have_each_image_s_own_size()
    {
        using var network = new ConvolutionalNetwork(size: -1);
        var options = Options(Preprocessing with { ResizeShorterSide = 16, CropWidth = null, CropHeight = null });
        (options.Network, options.OverlayColumnName, options.CapacityColumnName) = (network, "Overlay", "Capacity");
        var data = _ml.Data.LoadFromEnumerable(MakeFiles(6));
        var fitted = Pipeline(options).Fit(data);
        var view = fitted.Transform(data);
        Assert.False(((VectorDataViewType)view.Schema["Heatmap"].Type).IsKnownSize);
        foreach (var (row, i) in Read(view).Select((row, i) => (row, i)))
        {
            var (width, height) = options.Preprocessing!.GetSize(20 + (3 * i), 24 + (i % 4));
            Assert.Equal(width * height, row.Heatmap.Length);
            Assert.Equal((width, height), (row.Overlay.Width, row.Overlay.Height));
        }
    }

    [Fact]
    public void An_image_column_needs_to_know_its_preprocessing()
    {
        MakeFiles(2);
        var options = Options();
        options.Preprocessing = null;
        var data = _ml.Data.LoadFromEnumerable(MakeFiles(3));
        Assert.Contains("ImagePreprocessing", Assert.ThrowsAny<ArgumentException>(() => Pipeline(options).Fit(data)).Message, StringComparison.Ordinal);
        (options.Preprocessing, options.InputChannelDimension) = (Preprocessing, 1);
        Assert.Contains("InputChannelDimension", Assert.ThrowsAny<ArgumentException>(() => Pipeline(options).Fit(data)).Message, StringComparison.Ordinal);
        var larger = Options(Preprocessing with { CropWidth = 18, CropHeight = 18 });
        Assert.Contains("[3, 18, 18]", Assert.ThrowsAny<Exception>(() => Pipeline(larger).Fit(data)).Message, StringComparison.Ordinal);
    }
}
