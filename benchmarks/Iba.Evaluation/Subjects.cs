using System.Globalization;
using Iba.MLNet;
using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.Evaluation;

/// <summary>The networks of the comparison.</summary>
internal static class Subjects
{
    private const long MaskToken = 103;

    public static IReadOnlyDictionary<string, Func<Subject>> All { get; } = new Dictionary<string, Func<Subject>>
    {
        ["lite0"] = Lite0,
        ["resnet18"] = ResNet18,
        ["topics"] = Topics,
    };

    private static Subject Lite0()
    {
        var preprocessing = ImagePreprocessing.EfficientNetLite;
        return new Subject("lite0", "EfficientNet-Lite0 (ImageNet)", OnnxNetwork.Load(Asset("efficientnet-lite0.onnx")))
        {
            Rows = Photographs.Evaluation(preprocessing),
            Measured = Photographs.Sample(preprocessing),
            Contenders = [Contender.Bottleneck("blocks.4"), Contender.Bottleneck("blocks.8"), Contender.Bottleneck("blocks.12"), .. PictureMethods("blocks.15", "blocks.10")],
        };
    }

    private static Subject ResNet18()
    {
        var preprocessing = new ImagePreprocessing { Scale = 1, Mean = [0, 0, 0], Std = [1, 1, 1] };
        var sample = Photographs.Sample(preprocessing);
        var network = LinearHead.Train(new MLContext(seed: 0), sample);
        string[] blocks = BlockEnds(network);
        return new Subject("resnet18", "ResNet18 of ML.NET's featurizer with a linear trainer (four groups of the sample's photographs)", network)
        {
            Rows = Photographs.Evaluation(preprocessing),
            Measured = sample,
            Contenders = [Contender.Bottleneck(blocks[3]), Contender.Bottleneck(blocks[5]), .. PictureMethods(blocks[^1], blocks[5])],
        };
    }

    private static Subject Topics()
    {
        string folder = Asset("topics");
        return new Subject("topics", "a small BERT that puts sentences into ten topics", OnnxNetwork.Load(Path.Combine(folder, "topics.onnx")))
        {
            Rows = Sentences.Read(folder, "test"),
            Measured = Sentences.Read(folder, "prototype"),
            Replacement = MaskToken,
            Contenders =
            [
                Contender.Bottleneck("embeddings", sigma: 0),
                Contender.Bottleneck("layer.0", sigma: 0),
                Contender.AtLayer(new Gradient(), "gradient", "embeddings"),
                Contender.AtLayer(new GradientTimesInput(), "gradient x input", "embeddings"),
                Contender.AtLayer(new IntegratedGradients(InputBaseline.ChannelMean), "integrated gradients", "embeddings"),
                Contender.AtLayer(new SmoothGrad(20), "SmoothGrad", "embeddings"),
                Contender.AtLayer(new Occlusion(1), "occlusion 1", "embeddings"),
                Contender.AtLayer(new GradCam(), "Grad-CAM", "layer.1"),
                Contender.AtLayer(new LayerCam(), "LayerCAM", "layer.1"),
                Contender.AtLayer(new RandomMap(), "random", "embeddings"),
            ],
        };
    }

    private static IEnumerable<Contender> PictureMethods(string last, string middle) =>
    [
        Contender.AtInput(new Gradient(), "gradient"),
        Contender.AtInput(new GradientTimesInput(), "gradient x input"),
        Contender.AtInput(new IntegratedGradients(InputBaseline.ChannelMean), "integrated gradients"),
        Contender.AtInput(new SmoothGrad(20), "SmoothGrad"),
        Contender.AtInput(new GuidedBackpropagation(), "guided backpropagation"),
        Contender.AtLayer(new GradCam(), "Grad-CAM", last),
        Contender.AtInput(new GuidedGradCam(last), "guided Grad-CAM"),
        Contender.AtLayer(new LayerCam(), "LayerCAM", middle),
        Contender.AtInput(new Occlusion(8), "occlusion 8"),
        Contender.AtInput(new Occlusion(14), "occlusion 14"),
        Contender.AtInput(new Rise(500), "RISE (500 masks)"),
        Contender.AtInput(new RandomMap(), "random"),
        Contender.AtInput(new CenteredGaussian(), "centred Gaussian"),
    ];

    /// <summary>The ReLUs behind the residual sums: in a ResNet18 eight, two for each size.</summary>
    private static string[] BlockEnds(Network network)
    {
        var layers = network.DescribeLayers([1, 3, 224, 224]).Where(layer => layer.Shape.Count == 4).ToArray();
        // A block's end is where nothing else passes beside it, and the next block begins.
        string[] ends = layers.Where(layer => layer.AfterRelu).Select(layer => layer.Name).ToArray();
        if (ends.Length < 8) throw new InvalidOperationException($"The network has {ends.Length} places behind a ReLU where it can be cut; expected 8 or more: {string.Join(", ", ends)}.");
        return ends[^8..];
    }

    public static string Asset(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "assets", .. parts]);

    /// <summary>Numbers as files have them.</summary>
    public static float Number(string text) => float.Parse(text, CultureInfo.InvariantCulture);
}
