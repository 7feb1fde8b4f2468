using Google.Protobuf;
using Iba.Onnx.Schema;
using Iba.Torch;
using static Iba.Onnx.Schema.TensorProto.Types;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Classifiers that end in names, as Custom Vision and scikit-learn write them.</summary>
public class ClassNameTests
{
    private const string MachineLearning = "ai.onnx.ml";
    private static readonly string[] Names = ["cat", "dog", "fox", "hen", "owl"];

    [Theory]
    [InlineData("label and map")]
    [InlineData("map only")]
    [InlineData("label and tensor")]
    [InlineData("table of names")]
    public void What_lies_behind_the_scores_is_left_out_but_names_the_classes(string kind)
    {
        using var scope = NewDisposeScope();
        var names = new TensorProto { Name = "names", DataType = (int)DataType.String, Dims = { Names.Length }, StringData = { Names.Select(ByteString.CopyFromUtf8) } };
        var softmax = Node("Softmax", ["logits"], "prob", Integer("axis", 1));
        var index = Node("ArgMax", ["prob"], "index", Integer("axis", 1), Integer("keepdims", 0));
        var map = In(MachineLearning, Node("ZipMap", ["prob"], "loss", Strings("classlabels_strings", Names)));
        var model = kind switch
        {
            "label and map" => Make(softmax, index, In(MachineLearning, Node("ArrayFeatureExtractor", ["names", "index"], "label")), map)
                .With(names).Giving(Tensor("label", DataType.String, "N"), Map("loss")),
            "map only" => Make(softmax, map).Giving(Map("loss")),
            "label and tensor" => Make(softmax, index, In(MachineLearning, Node("LabelEncoder", ["index"], "label", Integers("keys_int64s", 4, 3, 2, 1, 0), Strings("values_strings", [.. Names.Reverse()]))))
                .Giving(Tensor("label", DataType.String, "N"), Floats("prob", "N", Classes)),
            _ => Make(softmax, index, Node("Gather", ["names", "index"], "label")).With(names).Giving(Tensor("label", DataType.String, "N"), Floats("prob", "N", Classes)),
        };
        using var network = model.Load();
        Assert.Equal(Names, network.ClassNames);
        Assert.Equal("prob", network.OutputName);
        Assert.Empty(network.OtherOutputs);
        Assert.Equal(OutputKind.Logits, network.Output);
        var pictures = Pictures(3);
        var expected = Make(softmax).Giving(Floats("prob", "N", Classes)).Expected(pictures);
        ExportedNetworkTests.AssertClose(expected, network.Forward([pictures]).softmax(1));

        using var saved = new MemoryStream();
        network.Save(saved);
        saved.Position = 0;
        using var again = OnnxNetwork.Load(saved);
        Assert.Equal(Names, again.ClassNames);
        ExportedNetworkTests.AssertClose(expected, again.Forward([pictures]).softmax(1));
        using var named = model.Load(new OnnxNetworkOptions { OutputName = model.Graph.Output[^1].Name });
        Assert.Equal("prob", named.OutputName);
    }

    [Fact]
    public void A_label_alone_is_refused_with_the_scores_that_it_was_picked_from()
    {
        var model = Make(Node("ArgMax", ["logits"], "index", Integer("axis", 1)), In(MachineLearning, Node("LabelEncoder", ["index"], "label", Integers("keys_int64s", 0, 1, 2, 3, 4), Strings("values_strings", Names))))
            .Giving(Tensor("label", DataType.String, "N"));
        Assert.Contains("OutputName = \"logits\"", Assert.Throws<OnnxFormatException>(() => model.Load()).Message, StringComparison.Ordinal);
        using var network = model.Load(new OnnxNetworkOptions { OutputName = "logits" });
        Assert.Equal(Names, network.ClassNames);
    }

    [Theory]
    [InlineData("names", "{0: 'cat', 1: 'dog', 2: \"hen's\", 3: 'fox', 4: 'owl'}", "hen's")]
    [InlineData("id2label", "{\"0\": \"cat\", \"1\": \"dog\", \"2\": \"\\u0142oś\", \"3\": \"fox\", \"4\": \"owl\"}", "łoś")]
    [InlineData("classes", "[\"cat\", \"dog\", \"fox\", \"hen\", \"owl\"]", "fox")]
    [InlineData("labels", "('cat', 'dog', 'fo\\'x', 'hen', 'owl',)", "fo'x")]
    [InlineData("class_to_idx", "{'owl': 4, 'dog': 1, 'fox': 2, 'hen': 3, 'cat': 0}", "fox")]
    [InlineData("names", "{0: 'cat', 1: 'dog'}", null)] // of another number
    [InlineData("names", "{0: 'cat', 1: 'dog', 2: 'fox', 4: 'hen', 5: 'owl'}", null)]
    [InlineData("names", "['cat', 'dog', 'fox', 'hen', 'owl'", null)]
    [InlineData("names", "cat, dog, fox, hen, owl", null)]
    [InlineData("author", "['cat', 'dog', 'fox', 'hen', 'owl']", null)]
    public void Metadata_name_the_classes(string key, string value, string? third)
    {
        var model = Make().Giving(Floats("logits", "N", Classes));
        model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        using var network = model.Load();
        Assert.Equal(third, network.ClassNames?[2]);
        if (third != null) Assert.Equal(["cat", "dog", third], network.ClassNames!.Take(3));
    }

    [Fact]
    public void Names_of_other_outputs_are_not_taken()
    {
        var model = Make(Node("MatMul", ["f", "u"], "logits_task_b"), In(MachineLearning, Node("ZipMap", ["logits_task_b"], "loss", Strings("classlabels_strings", Names))))
            .With(Weights("u", [6, Classes], 5)).Giving(Floats("logits", "N", Classes), Map("loss"));
        using var network = model.Load();
        Assert.Null(network.ClassNames);
        Assert.Equal(["logits_task_b"], network.OtherOutputs);
    }

    [Fact]
    public void What_the_file_says_about_its_pixels_can_be_read()
    {
        var model = Make().Giving(Floats("logits", "N", Classes));
        using (var plain = model.Load()) Assert.Null(plain.Pixels);
        model.MetadataProps.Add(new StringStringEntryProto { Key = "Image.BitmapPixelFormat", Value = "Bgr8" });
        model.MetadataProps.Add(new StringStringEntryProto { Key = "Image.NominalPixelRange", Value = "NominalRange_0_255" });
        model.Graph.Input[0].Type.TensorType.Shape.Dim[1].Denotation = "DATA_CHANNEL";
        using var network = model.Load();
        Assert.Equal(new OnnxPixelMetadata("Bgr8", true, (0, 255), 1), network.Pixels);
    }

    private static NodeProto In(string domain, NodeProto node)
    {
        node.Domain = domain;
        return node;
    }

    private static AttributeProto Strings(string name, string[] values)
        => new() { Name = name, Type = AttributeProto.Types.AttributeType.Strings, Strings = { values.Select(ByteString.CopyFromUtf8) } };

    /// <summary>A sequence of maps. Their type is none that this library reads; the sequence is enough.</summary>
    private static ValueInfoProto Map(string name)
        => new() { Name = name, Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence { ElemType = new TypeProto() } } };
}
