using System.Text;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>Loading our transformers, and nothing else, out of files from elsewhere.</summary>
public sealed class SafeLoadTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _data;

    public SafeLoadTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(6));

    public void Dispose() => _network.Dispose();

    private IbaTransformer Fit() => _ml.Transforms.Iba(TestPipelines.PixelOptions(_network)).Fit(_data);

    private byte[] Saved()
    {
        using var transformer = Fit();
        return ModelFile.Save(_ml, transformer);
    }

    private IbaTransformer Load(byte[] file, LoadLimits? limits = null) => IbaTransformer.Load(_ml, new MemoryStream(file), limits);

    private string Refusal(byte[] file, LoadLimits? limits = null) => Assert.Throws<FormatException>(() => Load(file, limits)).Message;

    [Fact]
    public void What_was_saved_alone_or_as_a_chain_of_it_alone_is_loaded()
    {
        using var transformer = Fit();
        var expected = _ml.Read(transformer.Transform(_data));
        var chain = new Microsoft.ML.Data.TransformerChain<ITransformer>(transformer);
        foreach (byte[] file in new[] { ModelFile.Save(_ml, transformer), ModelFile.Save(_ml, transformer, _data.Schema), ModelFile.Save(_ml, chain, _data.Schema) })
        {
            using var loaded = Load(file);
            Assert.Equal(expected.Select(row => row.Heatmap), _ml.Read(loaded.Transform(_data)).Select(row => row.Heatmap));
        }
    }

    [Fact]
    public void A_file_of_an_earlier_version_is_loaded()
    {
        using var loaded = Load(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden/Persistence/version-2.zip")));
        Assert.Equal(3, loaded.Settings.Input.ExplainedColumn.ChannelDimension);
    }

    [Fact]
    public void The_other_transformer_is_loaded_by_its_own_method_only()
    {
        using var transformer = _ml.Transforms.Attribution(new AttributionEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = _network,
            Method = new GradCam(),
            Layer = "conv1",
        }).Fit(_data);
        byte[] file = ModelFile.Save(_ml, transformer);
        using var loaded = AttributionTransformer.Load(_ml, new MemoryStream(file));
        Assert.Equal(
            _ml.Read(transformer.Transform(_data)).Select(row => row.Heatmap), _ml.Read(loaded.Transform(_data)).Select(row => row.Heatmap));
        Assert.Contains("components other than 'IbaTransform': 'AttributionTransf' of 'Iba.MLNet'", Refusal(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_foreign_component_is_refused_by_name()
    {
        using var explainer = Fit();
        var chain = _ml.Transforms.CopyColumns("Copy", "Name").Fit(_data).Append(explainer);
        string message = Refusal(ModelFile.Save(_ml, chain, _data.Schema));
        Assert.Contains("'CopyTransform' of 'Microsoft.ML.Data' in 'TransformerChain/Transform_000/Model.key'", message, StringComparison.Ordinal);
        Assert.DoesNotContain("'IbaTransform' of", message, StringComparison.Ordinal);
        Assert.Contains("mlContext.Model.Load", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loader_of_data_is_refused_by_name()
    {
        using var explainer = Fit();
        var loader = _ml.Data.CreateTextLoader([new Microsoft.ML.Data.TextLoader.Column("Name", Microsoft.ML.Data.DataKind.String, 0)]);
        using var stream = new MemoryStream();
        _ml.Model.Save(explainer, loader, stream);
        Assert.Contains("'TextLoader' of 'Microsoft.ML.Data'", Refusal(stream.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Transform_000/Statistics/Model.key")]
    [InlineData("Other\\Model.key")]
    [InlineData("Other/MODEL.KEY")]
    [InlineData("Other/Model.bin")]
    [InlineData("Model.key")]
    public void A_foreign_component_is_found_wherever_it_hides(string path)
    {
        byte[] foreign = ModelFile.Entries(ModelFile.Save(_ml, _ml.Transforms.CopyColumns("Copy", "Name").Fit(_data))).First(entry => Encoding.Latin1.GetString(entry.Value).Contains("CopyTransform", StringComparison.Ordinal)).Value;
        byte[] file = ModelFile.Write(ModelFile.Entries(Saved()).Append(new(path, foreign)));
        Assert.Contains("'CopyTransform'", Refusal(file), StringComparison.Ordinal);
    }

    [Fact]
    public void An_assembly_other_than_ours_is_refused_though_the_component_has_our_name()
    {
        byte[] ours = Encoding.Unicode.GetBytes("Iba.MLNet, "), other = Encoding.Unicode.GetBytes("Eve.MLNet, ");
        byte[] file = ModelFile.Change(Saved(), Key, bytes => Replace(bytes, ours, other));
        Assert.Contains("'IbaTransform' of 'Eve.MLNet'", Refusal(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_component_in_a_header_is_refused()
    {
        const int AlternativeSignature = 0x68;
        byte[] file = ModelFile.Change(Saved(), Key, bytes =>
        {
            "CopyTransform"u8.CopyTo(bytes.AsSpan(AlternativeSignature));
            return bytes;
        });
        Assert.Contains("'IbaTransform or CopyTransform'", Refusal(file), StringComparison.Ordinal);
    }

    // Found by fuzzing: ML.NET opens entries by their names to the letter.
    [Theory]
    [InlineData("TransformerChain/Model.Key")]
    [InlineData("TransformerChain/Model.bin")]
    [InlineData("TransformerChain\\Model.key")]
    public void A_header_of_another_name_is_refused(string name)
    {
        var entries = ModelFile.Entries(Saved());
        string path = entries.Keys.Single(key => key.EndsWith("/Model.key", StringComparison.Ordinal));
        entries[name] = entries[path];
        entries.Remove(path);
        Assert.Contains("not where mlContext.Model.Save puts one", Refusal(ModelFile.Write(entries)), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_explainers_are_refused()
    {
        using var explainer = Fit();
        var chain = new Microsoft.ML.Data.TransformerChain<ITransformer>(explainer, explainer);
        Assert.Contains("2 components 'IbaTransform'", Refusal(ModelFile.Save(_ml, chain)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_model_file_is_refused()
    {
        Assert.Contains("refused", Refusal("no zip at all"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("0 components 'IbaTransform'", Refusal(ModelFile.Write([new("something.txt", [1])])), StringComparison.Ordinal);
        Assert.Contains("refused", Refusal(ModelFile.Write([new("TransformerChain/Model.key", new byte[300])])), StringComparison.Ordinal);
        using var forwardOnly = new System.IO.Compression.DeflateStream(new MemoryStream([1]), System.IO.Compression.CompressionMode.Decompress);
        Assert.Contains("seekable", Assert.ThrowsAny<ArgumentException>(() => IbaTransformer.Load(_ml, forwardOnly)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MaximumNetworkBytes", 5)]
    [InlineData("MaximumStatisticsBytes", 1000)]
    [InlineData("MaximumSettingsBytes", 500)]
    public void What_exceeds_a_limit_is_refused_by_name(string limit, long bytes)
    {
        var limits = limit switch
        {
            "MaximumNetworkBytes" => new LoadLimits { MaximumNetworkBytes = bytes },
            "MaximumStatisticsBytes" => new LoadLimits { MaximumStatisticsBytes = bytes },
            _ => new LoadLimits { MaximumSettingsBytes = bytes },
        };
        byte[] file = Saved();
        string message = Refusal(file, limits);
        Assert.Contains($"more than the {bytes} that are allowed", message, StringComparison.Ordinal);
        Assert.Contains($"LoadLimits.{limit}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limits_below_1_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LoadLimits { MaximumNetworkBytes = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LoadLimits { MaximumExpansion = 0 });
        Assert.Throws<ArgumentNullException>(() => LoadLimits.Default = null!);
    }

    [Fact]
    public void An_entry_that_grows_too_much_is_refused_and_what_it_would_have_taken_is_named()
    {
        byte[] file = ModelFile.Change(Saved(), "/Network", bytes => [.. bytes, .. new byte[40 << 20]]);
        string message = Refusal(file);
        Assert.Contains("more than 32 times", message, StringComparison.Ordinal);
        Assert.Contains("LoadLimits.MaximumExpansion", message, StringComparison.Ordinal);
        // With a higher limit it is found to be another network than the saved one.
        Assert.Contains("SHA-256", Refusal(file, new LoadLimits { MaximumExpansion = 2000 }), StringComparison.Ordinal);
    }

    // The loader of ML.NET hands an entry over without saying what it was in the file: the limits on its size hold all the same.
    [Theory]
    [InlineData("Model.key", 17 << 20, "MaximumSettingsBytes")]
    [InlineData("Statistics", 257 << 20, "MaximumStatisticsBytes")]
    public void Model_Load_refuses_what_exceeds_the_default_limits(string name, int added, string limit)
    {
        byte[] file = ModelFile.Change(Saved(), "TransformerChain/" + name, bytes => [.. bytes, .. new byte[added]]);
        string failure = Assert.ThrowsAny<Exception>(() => _ml.Model.Load(new MemoryStream(file), out _)).ToString();
        Assert.Contains($"its entry '{name}' has ", failure, StringComparison.Ordinal);
        Assert.Contains($"LoadLimits.{limit}", failure, StringComparison.Ordinal);
    }

    private const string Key = "TransformerChain/Model.key";

    private static byte[] Replace(byte[] bytes, byte[] old, byte[] replacement)
    {
        int at = bytes.AsSpan().IndexOf(old);
        Assert.True(at >= 0);
        replacement.CopyTo(bytes, at);
        return bytes;
    }
}
