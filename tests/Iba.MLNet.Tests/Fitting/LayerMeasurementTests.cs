using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet.Tests;

/// <summary>A layer measured in parts, by several processes, and merged.</summary>
public sealed class LayerMeasurementTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly PixelRow[] _rows = PixelRow.Make(30);
    private readonly IDataView _data;

    public LayerMeasurementTests() => _data = _ml.Data.LoadFromEnumerable(_rows);

    public void Dispose() => _network.Dispose();

    private IbaEstimator Estimator(Action<IbaEstimator.Options>? change = null)
    {
        var options = TestPipelines.PixelOptions(_network);
        change?.Invoke(options);
        return _ml.Transforms.Iba(options);
    }

    private IDataView Part(int first, int count) => _ml.Data.LoadFromEnumerable(_rows.Skip(first).Take(count));

    private static byte[] Save(LayerMeasurement measurement)
    {
        using var stream = new MemoryStream();
        measurement.Save(stream);
        return stream.ToArray();
    }

    private static LayerMeasurement Reload(LayerMeasurement measurement) => LayerMeasurement.Load(new MemoryStream(Save(measurement)));

    private LayerStatistics Statistics(LayerMeasurement measurement)
    {
        using var channel = ((IHostEnvironment)_ml).Start("test");
        return measurement.ToStatistics(((IHostEnvironment)_ml).Register("test"), channel, 0.01);
    }

    private static void AssertClose(TorchSharp.torch.Tensor expected, TorchSharp.torch.Tensor found)
    {
        float[] wanted = expected.data<float>().ToArray(), actual = found.data<float>().ToArray();
        Assert.Equal(wanted.Length, actual.Length);
        // float32 has 24 bits: a rounding of what agrees to 1e-7.
        for (int i = 0; i < wanted.Length; i++) Assert.Equal(wanted[i], actual[i], 1.2e-7 * Math.Abs(wanted[i]));
    }

    [Theory]
    [InlineData(false, 0, 1, 2)]
    [InlineData(false, 2, 0, 1)]
    [InlineData(false, 1, 2, 0)]
    [InlineData(true, 0, 2, 1)]
    [InlineData(true, 2, 1, 0)]
    public void Parts_merge_in_any_order_to_what_one_pass_measures(bool perChannel, int first, int second, int third)
    {
        var estimator = Estimator(options => options.PerChannelStatistics = perChannel);
        using var whole = estimator.Measure(_data);
        IDataView[] views = [Part(0, 7), Part(7, 1), Part(8, 22)];
        var parts = views.Select(view =>
        {
            using var measured = estimator.Measure(view);
            return Reload(measured);
        }).ToArray();
        using var merged = parts[first];
        using (var other = parts[second]) merged.Merge(other);
        using (var other = parts[third])
        {
            byte[] before = Save(other);
            merged.Merge(other);
            Assert.Equal(before, Save(other));
        }

        Assert.Equal((30, whole.Layer, whole.Fingerprint), (merged.Rows, merged.Layer, merged.Fingerprint));
        using var expected = Statistics(whole);
        using var found = Statistics(merged);
        AssertClose(expected.Mean, found.Mean);
        AssertClose(expected.Std, found.Std);
        Assert.Equal(expected.Active, found.Active);

        using var transformer = estimator.Fit(whole);
        using var ofParts = estimator.Fit(merged);
        Assert.Equal(30, ofParts.MeasuredRows);
        foreach (var (one, other) in _ml.Read(transformer.Transform(_data)).Zip(_ml.Read(ofParts.Transform(_data)))) IbaTransformerTests.AssertClose(one, other, 1e-4);
    }

    [Fact]
    public void Fit_on_a_measurement_is_fit_on_its_view_bit_for_bit_and_leaves_it_usable()
    {
        using var expected = Estimator().Fit(_data);
        var rows = _ml.Read(expected.Transform(_data));
        using var measurement = Estimator().Measure(_data);
        byte[] before = Save(measurement);
        for (int i = 0; i < 2; i++)
        {
            using var transformer = Estimator().Fit(measurement);
            foreach (var (wanted, found) in rows.Zip(_ml.Read(transformer.Transform(_data))))
            {
                Assert.Equal(wanted.Heatmap, found.Heatmap);
                Assert.Equal(wanted.Capacity, found.Capacity);
            }
        }

        Assert.Equal(before, Save(measurement));
        using var other = Estimator().Measure(Part(0, 2));
        measurement.Merge(other);
        Assert.Equal(32, measurement.Rows);
        using var reloaded = Reload(measurement);
        using var again = Estimator().Fit(reloaded);
        Assert.Equal(32, again.MeasuredRows);
    }

    [Fact]
    public void Parts_of_variable_length_merge()
    {
        using var network = new TokenNetwork();
        var rows = SequenceTests.TokenRow.Make(20);
        var estimator = _ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Ids",
            Network = network,
            Layer = "embeddings",
            ContextColumns = new Dictionary<string, string> { ["mask"] = "Mask" },
            MaskInputName = "mask",
            Seed = 3,
            Steps = 3,
            TotalBitsColumnName = "Bits",
        });
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var whole = estimator.Measure(data);
        Assert.Null(whole.Fingerprint);
        using var merged = estimator.Measure(_ml.Data.SkipRows(data, 3));
        using (var other = estimator.Measure(_ml.Data.TakeRows(data, 3))) merged.Merge(other);
        using var expected = estimator.Fit(whole);
        using var found = estimator.Fit(merged);
        foreach (var (one, other) in _ml.Read(expected.Transform(data)).Zip(_ml.Read(found.Transform(data)))) IbaTransformerTests.AssertClose(one, other, 1e-4);
    }

    [Fact]
    public void Parts_of_another_layer_other_weights_or_another_reading_do_not_merge()
    {
        using var measurement = Estimator().Measure(_data);
        byte[] before = Save(measurement);
        Refused("One part was measured at layer 'conv1', the other at 'conv2'", () => Estimator(options => options.Layer = "conv2").Measure(_data));
        using var other = new ConvolutionalNetwork(seed: 6);
        Refused("measured with other weights up to layer 'conv1'", () => Estimator(options => options.Network = other).Measure(_data));
        Refused("per channel", () => Estimator(options => options.PerChannelStatistics = true).Measure(_data));
        Refused("with channels in dimension 1", () => Estimator(options => options.ChannelDimension = 3).Measure(_data));
        Refused("Probabilities", () => Estimator(options => options.Output = OutputKind.Probabilities).Measure(_data));
        var renamed = _ml.Transforms.CopyColumns("Copy", "Pixels").Fit(_data).Transform(_data);
        Refused("from 'Pixels' and 'Copy'", () => Estimator(options => options.InputColumnName = "Copy").Measure(renamed));
        Assert.Equal(before, Save(measurement));
        Assert.Throws<ArgumentNullException>(() => measurement.Merge(null!));

        void Refused(string message, Func<LayerMeasurement> measure)
        {
            using var part = measure();
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => measurement.Merge(part)).Message, StringComparison.Ordinal);
        }
    }

    private sealed class Photo
    {
        [Microsoft.ML.Transforms.Image.ImageType(16, 16)]
        public MLImage? Image { get; set; }
    }

    // The same features' shape, and other values.
    [Fact]
    public void Parts_with_other_preprocessing_neither_merge_nor_fit()
    {
        using var image = MLImage.CreateFromPixels(16, 16, MLPixelFormat.Rgba32, Enumerable.Range(0, 1024).Select(value => (byte)value).ToArray());
        using var another = MLImage.CreateFromPixels(16, 16, MLPixelFormat.Rgba32, Enumerable.Range(0, 1024).Select(value => (byte)(3 * value)).ToArray());
        var data = _ml.Data.LoadFromEnumerable([new Photo { Image = image }, new Photo { Image = another }]);
        var preprocessing = ImagePreprocessing.ImageNet with { ResizeShorterSide = 16, CropWidth = 16, CropHeight = 16 };
        using var one = ForImages(preprocessing).Measure(data);
        using var same = ForImages(preprocessing with { Mean = [0.485, 0.456, 0.406] }).Measure(data);
        using var other = ForImages(preprocessing with { Mean = [0.5, 0.5, 0.5] }).Measure(data);
        one.Merge(same);
        // What has no meaning for images does not disagree with them.
        using (var transformer = Estimator(options => (options.InputColumnName, options.Preprocessing, options.InputShape) = ("Image", preprocessing, [3, 16, 16])).Fit(one))
        {
            Assert.Equal(4, transformer.MeasuredRows);
        }

        Assert.Contains("preprocessing", Assert.Throws<ArgumentException>(() => one.Merge(other)).Message, StringComparison.Ordinal);
        Assert.Contains("preprocessing", Assert.ThrowsAny<ArgumentException>(() => ForImages(preprocessing).Fit(other)).Message, StringComparison.Ordinal);

        IbaEstimator ForImages(ImagePreprocessing reading)
            => Estimator(options => (options.InputColumnName, options.Preprocessing) = ("Image", reading));
    }

    [Fact]
    public void A_measurement_of_something_else_does_not_fit()
    {
        using var measurement = Estimator().Measure(_data);
        Refused("It was measured at layer 'conv1', the options name 'conv2'", options => options.Layer = "conv2");
        Refused("It was measured on column 'Pixels', the options name 'Other'", options => options.InputColumnName = "Other");
        Refused("ChannelDimension is 3, but the layer was measured with 1", options => options.ChannelDimension = 3);
        Refused("PerChannelStatistics is True, but the layer was measured with False", options => options.PerChannelStatistics = true);
        Refused("Output is Probabilities, but the layer was measured with Logits", options => options.Output = OutputKind.Probabilities);
        Refused("in another way than the options say", options => options.InputChannelDimension = 3);
        Refused("in another way than the options say", options => options.InputShape = [3, 4, 64]);
        using var other = new ConvolutionalNetwork(seed: 6);
        Refused("with other weights up to layer 'conv1' than the network has now: measure again", options => options.Network = other);
        using var single = Estimator().Measure(Part(0, 1));
        Assert.Contains("Cannot fit on 1 row", Assert.Throws<InvalidOperationException>(() => Estimator().Fit(single)).Message, StringComparison.Ordinal);

        void Refused(string message, Action<IbaEstimator.Options> change)
            => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => Estimator(change).Fit(measurement)).Message, StringComparison.Ordinal);
    }

    /// <summary>A measurement of a few hundred bytes.</summary>
    private byte[] SmallFile()
    {
        using var measurement = Estimator(options => (options.Layer, options.PerChannelStatistics) = ("conv2", true)).Measure(Part(0, 2));
        return Save(measurement);
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_is_refused()
    {
        byte[] file = SmallFile();
        LayerMeasurement.Load(new MemoryStream(file)).Dispose();
        for (int length = 0; length < file.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => LayerMeasurement.Load(new MemoryStream(file[..length])));
        }
    }

    [Fact]
    public void A_file_with_a_changed_byte_anywhere_is_refused()
    {
        byte[] file = SmallFile();
        for (int at = 0; at < file.Length; at++)
        {
            foreach (byte change in new byte[] { 1, 0x80, 0xFF })
            {
                byte[] damaged = [.. file];
                damaged[at] ^= change;
                Assert.Throws<InvalidDataException>(() => LayerMeasurement.Load(new MemoryStream(damaged)));
            }
        }
    }

    [Fact]
    public void Other_files_and_newer_ones_say_what_they_are()
    {
        Assert.Contains("this is no measurement", Failure(System.Text.Encoding.UTF8.GetBytes("\u0005hello, this is a text")), StringComparison.Ordinal);
        Assert.Contains("Unable to read beyond the end", Failure([]), StringComparison.Ordinal);
        byte[] newer = SmallFile();
        newer[16] = 3;
        Assert.Contains("it was saved in format 3; this version of Iba.MLNet reads 1 to 2: update it", Failure(newer), StringComparison.Ordinal);

        static string Failure(byte[] file) => Assert.Throws<InvalidDataException>(() => LayerMeasurement.Load(new MemoryStream(file))).Message;
    }

    [Fact]
    public void What_follows_it_in_a_stream_is_left_there()
    {
        byte[] file = SmallFile();
        using var stream = new MemoryStream([.. file, .. file, 7]);
        using var one = LayerMeasurement.Load(stream);
        using var other = LayerMeasurement.Load(stream);
        Assert.Equal(7, stream.ReadByte());
        one.Merge(other);
        Assert.Equal(4, one.Rows);
    }
}
