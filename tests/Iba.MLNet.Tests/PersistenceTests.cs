using System.IO.Compression;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

public sealed class PersistenceTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _data;

    public PersistenceTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(12));

    public void Dispose() => _network.Dispose();

    private byte[] Save(Action<IbaEstimator.Options>? change = null)
    {
        var options = TestPipelines.PixelOptions(_network);
        change?.Invoke(options);
        using var transformer = _ml.Transforms.Iba(options).Fit(_data);
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, _data.Schema, stream);
        return stream.ToArray();
    }

    private ITransformer Load(byte[] file) => _ml.Model.Load(new MemoryStream(file), out _);

    [Fact]
    public void Every_setting_is_kept()
    {
        byte[] file = Save(options =>
        {
            options.Beta = 20;
            options.Steps = 3;
            options.NoiseCopies = 2;
            options.LearningRate = 0.5;
            options.InitialAlpha = 4;
            options.Sigma = 2;
            options.MinStd = 0.02;
            options.ClampToRelu = true;
            options.Capacity = CapacityKind.LastForward;
            options.Loss = Iba.Torch.BottleneckLoss.Margin;
            options.BatchSize = 3;
            options.TargetIndex = 1;
            options.BadRows = BadRowHandling.Missing;
            options.ClassNames = ["a", "b", "c", "d"];
        });
        using var loaded = (IbaTransformer)Single(Load(file));
        var settings = loaded.Settings;
        var bottleneck = loaded.Bottleneck;
        Assert.Equal(
            (20.0, 3, 2, 0.5, 4.0, 2.0, 0.02, true, 5L),
            (bottleneck.Beta, bottleneck.Steps, bottleneck.NoiseCopies, bottleneck.LearningRate, bottleneck.InitialAlpha, bottleneck.Sigma,
                bottleneck.MinStd, bottleneck.ClampToRelu, bottleneck.Seed));
        Assert.Same(Iba.Torch.BottleneckLoss.Margin, bottleneck.Loss);
        Assert.Equal((true, 3, "class 1", BadRowHandling.Missing), (bottleneck.MapsLastForward, settings.BatchSize, settings.Target.Name, settings.BadRows));
        Assert.Equal(["a", "b", "c", "d"], settings.ClassNames!);
        Assert.Equal(12, loaded.MeasuredRows);
        Assert.Equal("conv1", loaded.Layer);
    }

    // Written by version 0x00010001, which kept only whether an input's channels are last, by 0x00010002, which kept rows and bottleneck
    // mixed, by 0x00010003, which knew one seed alone, and by 0x00010004, whose tails are float32 (version-3.zip, loaded and saved again): rows [8, 8, 3], an ONNX network that pools a convolution of stride 2, cut at its features with channels last.
    [Theory]
    [InlineData("version-1.zip")]
    [InlineData("version-2.zip")]
    [InlineData("version-3.zip")]
    [InlineData("version-4.zip")]
    public void Files_of_earlier_versions_are_read(string file)
    {
        var definition = SchemaDefinition.Create(typeof(PixelRow));
        definition["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 8, 8, 3);
        var data = _ml.Data.LoadFromEnumerable(PixelRow.Make(12).Select(row => new PixelRow { Pixels = row.Pixels[..192] }), definition);
        using var loaded = (IbaTransformer)Single(Load(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden/Persistence", file))));
        Assert.Equal(3, loaded.Settings.Input.ExplainedColumn.ChannelDimension);
        Assert.Equal((TailPrecision.Float32, TailPrecision.Float32), (loaded.TailPrecision, loaded.Bottleneck.TailPrecision));
        var rows = _ml.Read(loaded.Transform(data));
        Assert.All(rows, row => Assert.Equal(64, row.Heatmap.Length));
        // What those versions gave.
        Assert.Equal(0.06563768, rows[0].Bits, 1e-5);
        Assert.Equal(0.002329621, rows[4].Heatmap[40], 1e-6);

        // Saved again, it is a file of this version.
        using var stream = new MemoryStream();
        _ml.Model.Save(loaded, data.Schema, stream);
        using var again = (IbaTransformer)Single(Load(stream.ToArray()));
        Assert.Equal(3, again.Settings.Input.ExplainedColumn.ChannelDimension);
        Assert.Equal(rows[0].Heatmap, _ml.Read(again.Transform(data))[0].Heatmap);
    }

    [Fact]
    public void A_chain_keeps_its_other_steps()
    {
        var options = TestPipelines.PixelOptions(_network);
        var chain = _ml.Transforms.CopyColumns("Copy", "Name").Append(_ml.Transforms.Iba(options)).Append(_ml.Transforms.CopyColumns("Again", "Bits"));
        var fitted = chain.Fit(_data);
        using var stream = new MemoryStream();
        _ml.Model.Save(fitted, _data.Schema, stream);
        var loaded = Load(stream.ToArray());
        var expected = _ml.Read(fitted.Transform(_data));
        var actual = _ml.Read(loaded.Transform(_data));
        for (int i = 0; i < expected.Length; i++) IbaTransformerTests.AssertClose(expected[i], actual[i], 1e-6);
        Assert.NotNull(loaded.GetOutputSchema(_data.Schema).GetColumnOrNull("Again"));
    }

    [Fact]
    public void A_loaded_transformer_owns_its_network()
    {
        using var loaded = (IbaTransformer)Single(Load(Save()));
        _network.Dispose();
        Assert.Equal(12, _ml.Read(loaded.Transform(_data)).Length);
    }

    [Fact]
    public void A_file_of_a_newer_format_says_that_it_is_too_new()
    {
        // In the header of ML.NET's model streams the versions written and readable follow the signature.
        string message = Failure(Change(Save(), "Model.key", bytes =>
        {
            int at = Find(bytes, "IBAEXPLN"u8) + 8;
            BitConverter.GetBytes(0x00010006).CopyTo(bytes, at);
            BitConverter.GetBytes(0x00010006).CopyTo(bytes, at + 4);
            return bytes;
        }));
        Assert.Contains("too new", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_file_is_refused()
    {
        byte[] file = Save();
        foreach (double share in new[] { 0.1, 0.5, 0.9 })
        {
            var failure = Assert.ThrowsAny<Exception>(() => Load(file[..(int)(share * file.Length)]));
            Assert.True(failure is FormatException or InvalidDataException or InvalidOperationException, failure.GetType().Name);
        }
    }

    [Fact]
    public void A_foreign_file_is_refused()
    {
        Assert.ThrowsAny<Exception>(() => Load("no zip at all"u8.ToArray()));
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true)) zip.CreateEntry("something.txt");
        Assert.Contains("doesn't contain entry", Failure(stream.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_its_network_is_refused()
    {
        string message = Failure(Change(Save(), "Network", _ => null));
        Assert.Contains("lacks the network", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_statistics_are_refused()
    {
        foreach (int length in new[] { 0, 3, 100 })
        {
            string message = Failure(Change(Save(), "Statistics", bytes => bytes[..length]));
            Assert.Contains("damaged", message, StringComparison.Ordinal);
        }

        string nan = Failure(Change(Save(), "Statistics", bytes =>
        {
            BitConverter.GetBytes(float.NaN).CopyTo(bytes, 49 + (4 * 100)); // a mean; see LayerStatistics.Save
            return bytes;
        }));
        Assert.Contains("damaged", nan, StringComparison.Ordinal);
    }

    [Fact]
    public void No_changed_byte_of_the_settings_crashes_the_process()
    {
        byte[] file = Save();
        var random = new Random(1);
        int loaded = 0, refused = 0;
        for (int i = 0; i < 150; i++)
        {
            byte[] changed = Change(file, "Model.key", bytes =>
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            });
            try
            {
                (Load(changed) as IDisposable)?.Dispose();
                loaded++;
            }
            catch (Exception failure)
            {
                Assert.IsNotType<NullReferenceException>(Innermost(failure));
                Assert.IsNotType<IndexOutOfRangeException>(Innermost(failure));
                Assert.IsNotType<OutOfMemoryException>(Innermost(failure));
                refused++;
            }
        }

        Assert.True(loaded > 0 && refused > 0);
    }

    [Fact]
    public void An_unknown_network_format_says_what_to_do()
    {
        using var good = (IbaTransformer)Single(Load(Save()));
        using var transformer = new IbaTransformer(_ml, good.Settings, good.Bottleneck, TailOrigin.Float32, NetworkLease.Own(new UnknownFormat()), Statistics(), fingerprint: null);
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, _data.Schema, stream);
        string message = Failure(stream.ToArray());
        Assert.Contains("'unheard-of'", message, StringComparison.Ordinal);
        Assert.Contains("NetworkFormats.Register", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_of_ones_own_cannot_be_saved()
    {
        string message = Assert.Throws<InvalidOperationException>(() => Save(options => options.Loss = Iba.Torch.BottleneckLoss.Custom(
            (logProbabilities, targets, _) => logProbabilities.select(2, 0).neg()))).Message;
        Assert.Contains("cross-entropy, margin, divergence", message, StringComparison.Ordinal);
    }

    private static Iba.Torch.LayerStatistics Statistics()
        => new(TorchSharp.torch.zeros(6, 16, 16), TorchSharp.torch.ones(6, 16, 16), TorchSharp.torch.ones(6, 16, 16).to_type(TorchSharp.torch.ScalarType.Bool), 2, false, 1);

    private string Failure(byte[] file) => Innermost(Assert.ThrowsAny<Exception>(() => Load(file))).Message;

    // ML.NET wraps what a component throws while it is loaded.
    private static Exception Innermost(Exception failure)
    {
        while (failure.InnerException is { } inner && failure.Message is var message
            && (failure is System.Reflection.TargetInvocationException || message is "Error during class instantiation" or "Could not load legacy format model"))
        {
            failure = inner;
        }

        return failure;
    }

    private static ITransformer Single(ITransformer loaded) => loaded is TransformerChain<ITransformer> chain ? chain.Single() : loaded;

    // Changes an entry of the component's own folder in the zip, or removes it.
    private static byte[] Change(byte[] file, string entryName, Func<byte[], byte[]?> change)
    {
        using var stream = new MemoryStream();
        stream.Write(file);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            string folder = zip.Entries.Single(entry => entry.Name == "Statistics").FullName[..^"Statistics".Length];
            var entry = zip.GetEntry(folder + entryName)!;
            using var buffer = new MemoryStream();
            using (var content = entry.Open()) content.CopyTo(buffer);
            entry.Delete();
            if (change(buffer.ToArray()) is { } changed)
            {
                using var content = zip.CreateEntry(folder + entryName).Open();
                content.Write(changed);
            }
        }

        return stream.ToArray();
    }

    private static int Find(byte[] bytes, ReadOnlySpan<byte> text)
    {
        int at = bytes.AsSpan().IndexOf(text);
        Assert.True(at >= 0);
        return at;
    }

    private sealed class UnknownFormat : Iba.Torch.Network
    {
        public override IReadOnlyList<Iba.Torch.NetworkInput> Inputs => [];

        public override Iba.Torch.OutputKind Output => Iba.Torch.OutputKind.Logits;

        public override TorchSharp.torch.Device Device => TorchSharp.torch.CPU;

        public override string Format => "unheard-of";

        public override IReadOnlyList<Iba.Torch.LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes) => [];

        public override TorchSharp.torch.Tensor Forward(IReadOnlyList<TorchSharp.torch.Tensor> inputs) => throw new NotSupportedException();

        public override Iba.Torch.SplitNetwork Split(string layer) => throw new NotSupportedException();

        public override void MoveTo(TorchSharp.torch.Device device)
        {
        }

        public override void Save(Stream stream) => stream.WriteByte(1);

        protected override void Dispose(bool disposing)
        {
        }
    }
}
