using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.MLNet.Tests;

/// <summary>Networks with their preprocessing inside: raw pixels of several types and layouts, and what files say about them.</summary>
public sealed class RawPixelsTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<(ChannelMessageKind Kind, string Text)> _log = [];
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public RawPixelsTests()
    {
        _ml.Log += (_, e) => _log.Add((e.Kind, e.RawMessage));
        var random = new Random(2);
        foreach (int i in Enumerable.Range(0, 6))
        {
            byte[] pixels = new byte[3 * (20 + i) * 18];
            random.NextBytes(pixels);
            new RgbImage(20 + i, 18, pixels).SavePng(Path.Combine(_folder, $"{i}.png"));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData((int)DataType.Uint8, new[] { 16, 16, 3 })]
    [InlineData((int)DataType.Uint8, new[] { 3, 16, 16 })]
    [InlineData((int)DataType.Int32, new[] { 16, 16, 3 })]
    [InlineData((int)DataType.Float, new[] { 16, 16, 3 })]
    public void Raw_pixels_of_every_type_and_layout_give_the_map_of_floats_with_channels_first(int type, int[] shape)
    {
        using var floats = PixelModel.Load(DataType.Float, [3, 16, 16]);
        using var network = PixelModel.Load((DataType)type, shape);
        AssertSame(Explain(floats, ImagePreprocessing.Raw), Explain(network, ImagePreprocessing.Raw));
        // The same pixels, normalised outside of a network that has a cast without effect.
        AssertSame(
            Explain(floats, ImagePreprocessing.Raw),
            Explain(floats, new ImagePreprocessing { ResizeShorterSide = null, ResizeWidth = 16, ResizeHeight = 16, CropWidth = null, CropHeight = null, Scale = 1, Mean = [0, 0, 0], Std = [1, 1, 1] }));
    }

    [Theory]
    [InlineData((int)DataType.Uint8, new[] { 16, 16 })]
    [InlineData((int)DataType.Float, new[] { 16, 16 })]
    [InlineData((int)DataType.Uint8, new[] { 16, 16, 1 })]
    public void Grey_networks_need_no_dimension_for_channels(int type, int[] shape)
    {
        using var channels = PixelModel.Load(DataType.Float, [1, 16, 16]);
        using var network = PixelModel.Load((DataType)type, shape);
        float[][] maps = Explain(network, ImagePreprocessing.Raw);
        AssertSame(Explain(channels, ImagePreprocessing.Raw), maps);
        var grey = ImagePreprocessing.Raw with { Channels = ImageChannels.Grey };
        AssertSame(maps, Explain(network, grey));
    }

    [Theory]
    [InlineData((int)DataType.Uint8, new[] { 16, 16, 3 })]
    [InlineData((int)DataType.Uint8, new[] { 3, 16, 16 })]
    [InlineData((int)DataType.Uint8, new[] { 16, 16 })]
    public void Bytes_of_a_picture_are_smoothed_like_any_pixels(int type, int[] shape)
    {
        using var network = PixelModel.Load((DataType)type, shape);
        var random = new Random(3);
        int size = shape.Aggregate((product, length) => product * length);
        var rows = Enumerable.Range(0, 4).Select(_ => { byte[] x = new byte[size]; random.NextBytes(x); return new Bytes { X = x }; }).ToArray();
        var schema = SchemaDefinition.Create(typeof(Bytes));
        schema["X"].ColumnType = new VectorDataViewType(NumberDataViewType.Byte, shape);
        var data = _ml.Data.LoadFromEnumerable(rows, schema);

        float[][] Maps(double? sigma)
        {
            using var transformer = _ml.Transforms.Iba(Options(network, "X", null, sigma)).Fit(data);
            return transformer.Transform(data).GetColumn<float[]>("Map").ToArray();
        }

        float[][] byDefault = Maps(null);
        AssertSame(Maps(BottleneckDefaults.Sigma), byDefault);
        Assert.NotEqual(Maps(0)[0], byDefault[0]);
    }

    [Fact]
    public void Fractions_are_refused_where_the_network_takes_bytes()
    {
        using var network = PixelModel.Load(DataType.Uint8, [3, 16, 16]);
        var fractions = ImagePreprocessing.ImageNet with { CropWidth = 16, CropHeight = 16 };
        string message = Assert.ThrowsAny<ArgumentException>(() => Explain(network, fractions)).Message;
        Assert.Contains("input 'x' takes Byte", message, StringComparison.Ordinal);
        Assert.Contains("set ImagePreprocessing.Raw", message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => Explain(network, ImagePreprocessing.Raw with { Mean = [1, 1, 1] }));
    }

    [Fact]
    public void Bytes_cannot_be_cut_at_the_input_but_after_the_cast()
    {
        using var network = PixelModel.Load(DataType.Uint8, [16, 16, 3]);
        var data = _ml.Data.LoadFromEnumerable(Files());
        IDataView Explain(string? layer) => _ml.Transforms.Attribution("Map", "File", network, new Gradient(), layer, ImagePreprocessing.Raw).Fit(data).Transform(data);
        string message = Assert.ThrowsAny<Exception>(() => Explain(null).GetColumn<float[]>("Map").Count()).Message;
        Assert.Contains("Input 'x' is Byte", message, StringComparison.Ordinal);
        Assert.Contains("the cast of pixels", message, StringComparison.Ordinal);
        Assert.All(Explain("cast").GetColumn<float[]>("Map"), map => Assert.Equal(16 * 16, map.Length));
    }

    [Fact]
    public void What_the_file_says_of_its_pixels_is_taken_where_nothing_is_given()
    {
        using var network = PixelModel.Load(DataType.Float, [3, 16, 16], ("Image.BitmapPixelFormat", "Bgr8"), ("Image.NominalPixelRange", "Normalized_1_1"));
        var given = ImagePreprocessing.Raw with { Channels = ImageChannels.Bgr, Scale = 1 / 127.5, Mean = [1, 1, 1] };
        float[][] expected = Explain(network, given);
        Assert.DoesNotContain(_log, entry => entry.Text.Contains("network's file says", StringComparison.Ordinal));
        AssertSame(expected, Explain(network, null));
        Assert.Contains(_log, entry => entry.Kind == ChannelMessageKind.Info && entry.Text.Contains("Pictures are prepared as the network's file says", StringComparison.Ordinal) && entry.Text.Contains("Bgr", StringComparison.Ordinal));
    }

    [Fact]
    public void What_contradicts_the_file_is_a_warning()
    {
        using var network = PixelModel.Load(DataType.Float, [3, 16, 16], ("Image.BitmapPixelFormat", "Bgr8"), ("Image.NominalPixelRange", "NominalRange_0_255"));
        Explain(network, ImagePreprocessing.Raw with { ResizeWidth = 16, ResizeHeight = 16, Scale = 1 / 255.0 });
        Assert.Contains(_log, entry => entry.Kind == ChannelMessageKind.Warning && entry.Text.Contains("pixels are Bgr8, but Preprocessing gives Rgb: set Channels to Bgr", StringComparison.Ordinal));
        Assert.Contains(_log, entry => entry.Kind == ChannelMessageKind.Warning && entry.Text.Contains("lie between 0 and 255, but Preprocessing gives 0 to 1", StringComparison.Ordinal));

        // A mean and deviation after the file's range are what networks may want beside it.
        _log.Clear();
        Explain(network, ImagePreprocessing.EfficientNetLite with { Channels = ImageChannels.Bgr, CropWidth = 16, CropHeight = 16 });
        Assert.DoesNotContain(_log, entry => entry.Text.Contains("network's file says", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_without_a_word_about_its_pixels_needs_a_preprocessing()
    {
        using var network = PixelModel.Load(DataType.Float, [3, 16, 16]);
        Assert.Contains("holds text: if these are paths", Assert.ThrowsAny<ArgumentException>(() => Explain(network, null)).Message, StringComparison.Ordinal);
    }

    private FileRow[] Files() => Directory.GetFiles(_folder).Order().Select(file => new FileRow { File = file }).ToArray();

    private static IbaEstimator.Options Options(Network network, string column, ImagePreprocessing? preprocessing, double? sigma = null) => new()
    {
        OutputColumnName = "Map",
        InputColumnName = column,
        Network = network,
        Layer = "r",
        Preprocessing = preprocessing,
        Sigma = sigma,
        Seed = 1,
        Steps = 3,
        NoiseCopies = 2,
    };

    private float[][] Explain(OnnxNetwork network, ImagePreprocessing? preprocessing)
    {
        var data = _ml.Data.LoadFromEnumerable(Files());
        using var transformer = _ml.Transforms.Iba(Options(network, "File", preprocessing)).Fit(data);
        float[][] maps = transformer.Transform(data).GetColumn<float[]>("Map").ToArray();
        Assert.All(maps, map => Assert.Equal(PixelModel.Side * PixelModel.Side, map.Length));
        Assert.All(maps, map => Assert.InRange(map.Sum(), 0.01, 1e4));
        return maps;
    }

    private static void AssertSame(float[][] expected, float[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (one, other) in expected.Zip(actual)) Assert.All(one.Zip(other), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    private sealed class FileRow
    {
        public string File { get; set; } = "";
    }

    private sealed class Bytes
    {
        public byte[] X { get; set; } = [];
    }
}
