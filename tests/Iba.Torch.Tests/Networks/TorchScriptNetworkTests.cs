using System.Globalization;
using System.IO.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>On files that make_torchscript.py made with PyTorch 1.13, with the results that PyTorch gave.</summary>
public class TorchScriptNetworkTests
{
    private static readonly long[] InputShape = [3, 12, 12];

    [Theory]
    [InlineData("sequence")]
    [InlineData("sequence-traced")]
    [InlineData("sequence-training")] // saved in training mode: dropout would spoil the result
    public void One_file_gives_what_PyTorch_gave_at_every_cut(string file)
    {
        using var network = TorchScriptNetwork.Load(PathOf(file), InputShape);
        using var images = Images();

        CheckAgainstPyTorch(network, images, "sequence");
    }

    [Fact]
    public void A_pair_of_files_gives_what_PyTorch_gave_at_every_cut()
    {
        using var network = TorchScriptNetwork.LoadPair(PathOf("head"), PathOf("tail"), InputShape);
        using var images = Images();

        Assert.Equal(["head", "tail"], network.Layers.Select(layer => layer.Name));
        Assert.Equal([1, 6, 12, 12], network.Layers[0].Shape);
        Assert.True(network.Layers[0].AfterRelu);
        CheckAgainstPyTorch(network, images, "branches");
    }

    [Fact]
    public void The_input_is_a_cut()
    {
        using var scope = NewDisposeScope();
        using var network = TorchScriptNetwork.Load(PathOf("sequence"), InputShape);
        using var images = Images();
        using var split = network.SplitAtInput();
        Assert.Equal("input", split.LayerName);
        Assert.Equal([1, 3, 12, 12], split.Layer.Shape);
        Assert.Equal(0, split.Layer.CostShare);
        using var origin = split.Head([images]);
        Assert.Equal(images, origin.Features);

        var features = origin.Features.clone().requires_grad_();
        var output = split.Tail(features, origin);
        output.sum().backward();

        Assert.Equal(network.Forward([images]), output.detach());
        Assert.True(features.grad!.ne(0).any().item<bool>());
        Assert.Throws<ArgumentException>(() => network.SplitAtInput("pixels"));
    }

    [Fact]
    public void Features_of_several_layers_are_those_of_their_heads()
    {
        using var scope = NewDisposeScope();
        using var network = TorchScriptNetwork.Load(PathOf("sequence"), InputShape);
        using var images = Images();
        string[] layers = [.. network.Layers.Select(layer => layer.Name).Reverse(), "stem.1"];
        foreach (var (layer, features) in layers.Zip(network.Features(layers, [images]))) ModuleFeaturesTests.AssertHead(network, layer, images, features);
        var (together, output) = network.FeaturesAndOutput(layers, [images]);
        Assert.Equal(network.Features(layers, [images]), together);
        Assert.Equal(network.Forward([images]), output);
        Assert.Throws<ArgumentException>(() => network.Features(["stem", "nothing"], [images]));
    }

    [Fact]
    public void The_memory_of_the_tails_results_is_known()
    {
        using var network = TorchScriptNetwork.Load(PathOf("sequence"), InputShape);
        using var images = Images();
        using var split = network.Split("body.0");
        using var activation = split.Head([images]);
        Assert.Equal(sizeof(float) * ((8 * 6 * 6) + 8 + 8 + 8 + 4), split.ResultBytes(activation)); // relu, pool, flatten, dropout, fc
        Assert.False(split.CanFork);

        using var pair = TorchScriptNetwork.LoadPair(PathOf("head"), PathOf("tail"), InputShape);
        using var opaque = pair.Split("head");
        using var features = opaque.Head([images]);
        Assert.InRange(opaque.ResultBytes(features), 2 * sizeof(float) * 4, 1 << 20); // one step of several modules
    }

    [Fact]
    public void Layers_go_into_children_that_are_sequences_themselves()
    {
        using var network = TorchScriptNetwork.Load(PathOf("sequence"), InputShape);

        var layers = network.Layers;

        Assert.Equal(
            ["stem.0", "stem.1", "stem.2", "stem", "body.0", "body.1", "body", "pool", "flatten", "dropout", "fc"],
            layers.Select(layer => layer.Name));
        Assert.Equal(["stem.2", "stem", "body.1", "body"], layers.Where(layer => layer.AfterRelu).Select(layer => layer.Name));
        Assert.Equal([1, 8, 6, 6], layers[4].Shape);
        double stem = 6 * 12 * 12 * 27, body = 8 * 6 * 6 * 54, fc = 8 * 4;
        Assert.Equal(stem / (stem + body + fc), layers[3].CostShare, 1e-9);
        Assert.Equal(1, layers[^1].CostShare);
        Assert.Equal([5, 6, 20, 30], Open([3, -1, -1]).DescribeLayers([5, 3, 20, 30])[0].Shape);

        static TorchScriptNetwork Open(long[] shape) => TorchScriptNetwork.Load(PathOf("sequence"), shape);
    }

    [Fact]
    public void A_file_that_does_more_than_call_its_children_is_refused_with_the_way_out()
    {
        var error = Assert.Throws<InvalidOperationException>(() => TorchScriptNetwork.Load(PathOf("branches"), InputShape));

        Assert.Contains("not a sequence of calls of its children (one, two, fc)", error.Message, StringComparison.Ordinal);
        Assert.Contains("as a pair", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradients_flow_to_the_features_and_the_features_stay_as_they_are()
    {
        using var network = TorchScriptNetwork.Load(PathOf("sequence"), InputShape);
        foreach (string layer in network.Layers.Select(layer => layer.Name))
        {
            using var scope = NewDisposeScope();
            using var split = network.Split(layer);
            using var origin = split.Head([Images()]);
            var features = origin.Features.repeat_interleave(3, 0).requires_grad_();
            var before = features.detach().clone();

            split.Tail(features, origin).pow(2).sum().backward();

            Assert.False(origin.Features.requires_grad);
            Assert.True(features.grad!.abs().sum().item<float>() > 0, layer);
            Assert.True(features.detach().Equals(before), layer);
        }
    }

    [Fact]
    public void A_final_softmax_is_cut_off()
    {
        using var images = Images();
        using var network = TorchScriptNetwork.Load(PathOf("softmax"), InputShape);
        using var plain = TorchScriptNetwork.Load(PathOf("softmax"), InputShape, OutputKind.Probabilities);

        using var logits = network.Forward([images]);
        using var expected = plain.Forward([images]);

        Assert.Equal(OutputKind.Logits, network.Output);
        Assert.Equal(["0", "1", "2", "3", "4"], network.Layers.Select(layer => layer.Name));
        Assert.Equal(OutputKind.Probabilities, plain.Output);
        using var probabilities = logits.softmax(1);
        Assert.True(probabilities.allclose(expected, 1e-6, 1e-7));
        Assert.False(logits.allclose(expected, 1e-2, 1e-2));
    }

    [Fact]
    public void A_wrong_layer_name_fails_with_the_nearest_names()
    {
        using var network = TorchScriptNetwork.Load(PathOf("sequence"), InputShape);

        var error = Assert.Throws<ArgumentException>(() => network.Split("stem.3"));

        Assert.Contains("no layer 'stem.3'. The nearest: stem.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_fails_in_one_line()
    {
        using var scope = NewDisposeScope();
        using var network = TorchScriptNetwork.Load(PathOf("sequence"), [3, -1, -1]);
        Assert.Throws<ArgumentException>(() => network.Forward([zeros(1, 1, 12, 12)]));
        Assert.Throws<ArgumentException>(() => network.Forward([zeros([1, 3, 12, 12], ScalarType.Float64)]));

        using var split = network.Split("stem");
        using var origin = split.Head([Images()]);
        var wrong = Assert.Throws<InvalidOperationException>(() => split.Tail(zeros(1, 5, 12, 12), origin));
        var noImage = Assert.Throws<InvalidOperationException>(() => TorchScriptNetwork.Load(PathOf("sequence"), [7]));
        var two = Assert.Throws<InvalidOperationException>(() => TorchScriptNetwork.Load(PathOf("two-outputs"), InputShape));

        Assert.Contains("'body.0' fails on a tensor of shape [1, 5, 12, 12]", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("shape [2, 7]", noImage.Message, StringComparison.Ordinal);
        Assert.StartsWith("The TorchScript module returns a tuple of 2 instead of one tensor", two.Message, StringComparison.Ordinal);
        Assert.All([wrong, noImage, two], error => Assert.DoesNotContain('\n', error.Message));
    }

    [Theory]
    [InlineData("Dict[str, Tensor]", "{\"logits\": _0}", "returns a dictionary, a text or nested values instead of one tensor")]
    [InlineData("Tuple[Tensor, Dict[str, Tensor]]", "(_0, {\"input\": x})", "returns a dictionary, a text or nested values instead of one tensor")]
    [InlineData("List[Tensor]", "[_0, x, x]", "returns a list of 3 instead of one tensor")]
    [InlineData("int", "3", "returns a number instead of one tensor")]
    [InlineData("NoneType", "None", "returns nothing (None) instead of one tensor")]
    [InlineData("Tensor", "torch.mm(_0, x)", "does not accept Float32 input of shape [2, 3, 12, 12]: RuntimeError: mat2 must be a matrix")]
    public void What_a_file_returns_and_where_it_fails_is_said_in_one_line(string type, string value, string expected)
    {
        string path = Path.Combine(Path.GetTempPath(), $"iba-{Guid.NewGuid():N}.pt");
        File.WriteAllBytes(path, Returning(type, value));
        try
        {
            string message = Assert.Throws<InvalidOperationException>(() => TorchScriptNetwork.Load(path, InputShape)).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Inputs_of_other_channels_or_another_type_are_refused_with_the_reason()
    {
        string channels = Assert.Throws<InvalidOperationException>(() => TorchScriptNetwork.Load(PathOf("sequence"), [5, 12, 12])).Message;
        string type = Assert.Throws<InvalidOperationException>(() => TorchScriptNetwork.Load(PathOf("sequence"), InputShape, inputType: ScalarType.Float64)).Message;
        Assert.Contains("Float32 input of shape [2, 5, 12, 12]: RuntimeError: Given groups=1", channels, StringComparison.Ordinal);
        Assert.Contains("to have 3 channels, but got 5 channels", channels, StringComparison.Ordinal);
        Assert.Contains("Float64 input of shape [2, 3, 12, 12]: RuntimeError: Input type (double)", type, StringComparison.Ordinal);
        Assert.All([channels, type], message => Assert.DoesNotContain('\n', message));
    }

    /// <summary>The file with two outputs (<c>_0</c> and <c>x</c>), whose code returns something else.</summary>
    private static byte[] Returning(string type, string value)
    {
        using var file = new MemoryStream();
        file.Write(File.ReadAllBytes(PathOf("two-outputs")));
        using (var archive = new ZipArchive(file, ZipArchiveMode.Update, leaveOpen: true))
        {
            var code = archive.Entries.Single(entry => entry.FullName.EndsWith("code/__torch__.py", StringComparison.Ordinal));
            string name = code.FullName, text;
            using (var reader = new StreamReader(code.Open())) text = reader.ReadToEnd();
            code.Delete();
            using var writer = new StreamWriter(archive.CreateEntry(name, CompressionLevel.NoCompression).Open());
            writer.Write(text.Replace("-> Tuple[Tensor, Tensor]:", $"-> {type}:", StringComparison.Ordinal).Replace("return (_0, x)", $"return {value}", StringComparison.Ordinal));
        }

        return file.ToArray();
    }

    [Theory]
    [InlineData("expected.txt")]
    [InlineData("../TestModules.cs")]
    public void Another_file_is_refused(string file)
    {
        string path = Path.Combine(Path.GetTempPath(), $"iba-{Guid.NewGuid():N}.pt");
        File.WriteAllText(path, file);
        try
        {
            var error = Assert.Throws<InvalidDataException>(() => TorchScriptNetwork.Load(path, InputShape));
            Assert.Contains("no TorchScript file", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Throws<FileNotFoundException>(() => TorchScriptNetwork.Load(path, InputShape));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_saved_network_gives_the_same_results(bool pair)
    {
        using var images = Images();
        using var network = pair
            ? TorchScriptNetwork.LoadPair(PathOf("head"), PathOf("tail"), InputShape)
            : TorchScriptNetwork.Load(PathOf("sequence"), InputShape);
        using var expected = network.Forward([images]);
        using var file = new MemoryStream();
        network.Save(new ForwardOnlyStream(file));
        file.WriteByte(42);
        file.Position = 0;

        using var loaded = TorchScriptNetwork.Load(new ForwardOnlyStream(file));

        Assert.Equal(42, file.ReadByte()); // Reads its own bytes only.
        using var actual = loaded.Forward([images]);
        Assert.Equal(expected.data<float>().ToArray(), actual.data<float>().ToArray());
        Assert.Equal(network.Inputs.Single().Shape, loaded.Inputs.Single().Shape);
        Assert.Equal(network.Layers.Select(layer => layer.Name), loaded.Layers.Select(layer => layer.Name));
        Assert.Equal("torchscript", loaded.Format);
    }

    [Fact]
    public void A_file_that_is_cut_off_or_damaged_is_refused()
    {
        using var network = TorchScriptNetwork.LoadPair(PathOf("head"), PathOf("tail"), InputShape);
        using var file = new MemoryStream();
        network.Save(file);
        byte[] saved = file.ToArray();

        for (int length = 0; length < saved.Length; length += length < 100 ? 1 : 997)
        {
            Assert.Throws<InvalidDataException>(() => TorchScriptNetwork.Load(new MemoryStream(saved, 0, length)));
        }

        saved[1 + "iba-torchscript".Length] = 99;
        Assert.Contains("format 99", Assert.Throws<InvalidDataException>(() => TorchScriptNetwork.Load(new MemoryStream(saved))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => TorchScriptNetwork.Load(new MemoryStream(new byte[100])));
    }

    [Fact]
    public void Moving_reloads_and_disposing_is_final()
    {
        using var images = Images();
        var network = TorchScriptNetwork.Load(PathOf("sequence"), InputShape);
        using var before = network.Forward([images]);

        network.MoveTo(CPU);

        using var after = network.Forward([images]);
        Assert.Equal(before.data<float>().ToArray(), after.data<float>().ToArray());
        network.Dispose();
        network.Dispose();
        Assert.Throws<ObjectDisposedException>(() => network.Forward([images]));
        Assert.Throws<ObjectDisposedException>(() => network.Save(Stream.Null));
    }

    [Fact]
    public void No_tensor_outlives_a_call_or_the_network()
    {
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        Work(); // The first run compiles.
        long before = statistics.ThreadTotalLiveCount;
        using var outer = NewDisposeScope();

        Work();

        Assert.Equal(0, outer.DisposablesCount);
        Assert.Equal(before, statistics.ThreadTotalLiveCount);

        static void Work()
        {
            using var images = Images();
            using var network = TorchScriptNetwork.Load(PathOf("sequence"), InputShape);
            using var split = network.Split("stem");
            using var origin = split.Head([images]);
            using var output = split.Tail(origin.Features, origin);
        }
    }

    private static void CheckAgainstPyTorch(TorchScriptNetwork network, Tensor images, string name)
    {
        float[] expected = Expected(name);
        using var whole = network.Forward([images]);
        AssertClose(expected, whole);
        foreach (string layer in network.Layers.Select(layer => layer.Name))
        {
            using var split = network.Split(layer);
            using var origin = split.Head([images]);
            using var output = split.Tail(origin.Features, origin);
            AssertClose(expected, output);
        }
    }

    private static void AssertClose(float[] expected, Tensor actual)
    {
        Assert.Equal([2, 4], actual.shape);
        Assert.All(expected.Zip(actual.data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    private static float[] Expected(string name)
        => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Networks", "TorchScript", "expected.txt"))
            .Where(line => line.StartsWith(name + " ", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ').Skip(1).Select(value => float.Parse(value, CultureInfo.InvariantCulture)))
            .ToArray();

    /// <summary>The images of make_torchscript.py.</summary>
    private static Tensor Images()
    {
        using var scope = NewDisposeScope();
        return linspace(-2, 2, 2 * 3 * 12 * 12).reshape(2, 3, 12, 12).sin().MoveToOuterDisposeScope();
    }

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Networks", "TorchScript", name + ".pt");
}
