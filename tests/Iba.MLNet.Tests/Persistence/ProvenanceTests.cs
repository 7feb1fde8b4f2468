using System.Reflection;
using System.Security.Cryptography;
using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

public sealed class ProvenanceTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _data;

    public ProvenanceTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(7));

    public void Dispose() => _network.Dispose();

    private IbaTransformer Fit(ConvolutionalNetwork? network = null, Action<IbaEstimator.Options>? change = null)
    {
        var options = TestPipelines.PixelOptions(network ?? _network);
        change?.Invoke(options);
        return _ml.Transforms.Iba(options).Fit(_data);
    }

    private byte[] Saved(ConvolutionalNetwork? network = null)
    {
        using var transformer = Fit(network);
        return ModelFile.Save(_ml, transformer, _data.Schema);
    }

    [Fact]
    public void It_says_what_was_fitted_and_is_kept_in_the_file()
    {
        using var transformer = Fit(change: options =>
        {
            options.Beta = 2.5;
            options.MaximumFitRows = 5;
            options.ClassNames = ["a", "b", "c", "d"];
        });
        byte[] file = ModelFile.Save(_ml, transformer, _data.Schema);
        using var loaded = IbaTransformer.Load(_ml, new MemoryStream(file));
        using var again = IbaTransformer.Load(_ml, new MemoryStream(ModelFile.Save(_ml, loaded)));
        string network = Convert.ToHexStringLower(SHA256.HashData(ModelFile.Entries(file).Single(entry => entry.Key.EndsWith("/Network", StringComparison.Ordinal)).Value));
        foreach (var provenance in new[] { transformer.Provenance, loaded.Provenance, again.Provenance })
        {
            Assert.Equal(network, provenance.NetworkSha256);
            Assert.Equal(("conv1", 5L, 5L), (provenance.Layer, provenance.MeasuredRows, provenance.Seed));
            Assert.Contains("Beta = 2.5", provenance.Options);
            Assert.Contains("MaximumFitRows = 5", provenance.Options);
            Assert.Contains("ClassNames = a, b, c, d", provenance.Options);
            Assert.Contains("Loss = cross-entropy", provenance.Options);
            Assert.Contains("InputColumnName = Pixels", provenance.Options);
            Assert.DoesNotContain(provenance.Options, line => line.StartsWith("Network", StringComparison.Ordinal) || line.StartsWith("Sigma", StringComparison.Ordinal));
            Assert.Equal(provenance.Options.Order(StringComparer.Ordinal), provenance.Options);
            Assert.Equal(typeof(IbaTransformer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion, provenance.LibraryVersion);
            Assert.Matches(@"^\d+\.\d+\.\d+\S*?(\+[0-9a-f]{40})?$", provenance.LibraryVersion);
            Assert.Equal(TorchSharp.torch.__version__, provenance.TorchVersion);
            Assert.Equal(transformer.Provenance.ToString(), provenance.ToString());
        }

        Assert.Contains("\nOptions.Beta = 2.5\n", transformer.Provenance.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_seed_that_Fit_drew_is_known()
    {
        using var transformer = Fit(change: options => options.Seed = null);
        Assert.Equal(transformer.Seed, transformer.Provenance.Seed);
        Assert.DoesNotContain(transformer.Provenance.Options, line => line.StartsWith("Seed =", StringComparison.Ordinal));
    }

    [Fact]
    public void Equal_fits_give_equal_entries_byte_by_byte()
    {
        using var other = new ConvolutionalNetwork();
        var (one, two) = (ModelFile.Entries(Saved()), ModelFile.Entries(Saved(other)));
        Assert.Equal(one.Keys, two.Keys);
        Assert.All(one, entry => Assert.True(entry.Value.AsSpan().SequenceEqual(two[entry.Key]), entry.Key));
    }

    [Fact]
    public void Equal_fits_on_an_ONNX_file_give_equal_entries_byte_by_byte()
    {
        byte[] Once()
        {
            using var network = OnnxNetwork.Load(Path.Combine(AppContext.BaseDirectory, "assets/magika/magika.onnx"));
            using var stream = new MemoryStream();
            network.Save(stream);
            return stream.ToArray();
        }

        Assert.Equal(Once(), Once());
    }

    [Fact]
    public void A_method_without_noise_has_neither_seed_nor_rows()
    {
        using var transformer = _ml.Transforms.Attribution(new AttributionEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = _network,
            Method = new GradCam(),
            Layer = "conv2",
        }).Fit(_data);
        using var loaded = AttributionTransformer.Load(_ml, new MemoryStream(ModelFile.Save(_ml, transformer)));
        Assert.Equal(("conv2", null, null), (loaded.Provenance.Layer, loaded.Provenance.MeasuredRows, loaded.Provenance.Seed));
        Assert.Contains("Method = grad-cam", loaded.Provenance.Options);
        Assert.Equal(transformer.Provenance.ToString(), loaded.Provenance.ToString());
    }

    [Fact]
    public void A_file_of_an_earlier_version_has_its_network_and_settings_only()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden/Persistence/version-2.zip"));
        using var loaded = IbaTransformer.Load(_ml, new MemoryStream(file));
        var provenance = loaded.Provenance;
        Assert.Equal((null, null), (provenance.LibraryVersion, provenance.TorchVersion));
        Assert.Empty(provenance.Options);
        Assert.Equal((loaded.Layer, loaded.MeasuredRows, loaded.Seed), (provenance.Layer, provenance.MeasuredRows, provenance.Seed));
        Assert.Equal(64, provenance.NetworkSha256!.Length);
    }

    // Equal in inputs, layers and outputs; only its weights differ.
    [Fact]
    public void A_replaced_network_of_equal_signature_is_refused()
    {
        using var other = new ConvolutionalNetwork(seed: 6);
        byte[] foreign = ModelFile.Entries(Saved(other)).Single(entry => entry.Key.EndsWith("/Network", StringComparison.Ordinal)).Value;
        byte[] file = ModelFile.Change(Saved(), "/Network", _ => foreign);
        string message = Assert.Throws<FormatException>(() => IbaTransformer.Load(_ml, new MemoryStream(file))).Message;
        Assert.Contains("the network was replaced, or the file is damaged", message, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(foreign)), message, StringComparison.Ordinal);

        var failure = Assert.ThrowsAny<Exception>(() => _ml.Model.Load(new MemoryStream(file), out _));
        Assert.Contains("the network was replaced", failure.ToString(), StringComparison.Ordinal);
    }
}
