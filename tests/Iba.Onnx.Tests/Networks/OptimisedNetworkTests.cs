using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Files that OnnxRuntime's optimiser writes compute what the files compute that it was given.</summary>
[Trait("Speed", "Slow")]
public sealed class OptimisedNetworkTests : IDisposable
{
    /// <summary>OnnxRuntime's own results change by 0.4 % when it folds these weights; those of quantised networks by a step of the scale.</summary>
    private static readonly string[] ChangedByTheOptimiser = ["timm_resnetv2_gn_ws_dyn_dynamo_op21", "var_qdq_static_mobilenet_v3_small", "var_qdq_static_resnet18"];

    private readonly string _path = Path.GetTempFileName();

    public static TheoryData<string> Names => [.. ExportedNetwork.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Fused_operators_compute_what_they_replace(string name)
    {
        var test = ExportedNetwork.Get(name);
        Optimise(test.Model, GraphOptimizationLevel.ORT_ENABLE_EXTENDED);
        using var scope = NewDisposeScope();
        using var network = OnnxNetwork.Load(_path, new OnnxNetworkOptions { RemoveSoftmax = false });
        var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
        if (!ChangedByTheOptimiser.Contains(name)) ExportedNetworkTests.AssertClose(test.Outputs[0].ToTensor(), network.Forward(inputs));

        var layers = network.DescribeLayers(inputs.Select(input => (IReadOnlyList<long>)[1, .. input.shape[1..]]).ToArray());
        using var split = network.Split(layers[layers.Count / 2].Name);
        using var activation = split.Head(inputs);
        var features = activation.Features.clone().requires_grad_();
        var output = split.Tail(features, activation);
        ExportedNetworkTests.AssertClose(network.Forward(inputs), output.detach());
        output.sum().backward();
        Assert.True(features.grad!.isfinite().all().item<bool>());
    }

    [Theory]
    [InlineData("var_qdq_static_mobilenet_v3_small")]
    [InlineData("var_qdq_static_resnet18")]
    public void Quantised_features_are_layers_also_where_no_number_is_left_between(string name)
    {
        var test = ExportedNetwork.Get(name);
        Optimise(test.Model, GraphOptimizationLevel.ORT_ENABLE_ALL);
        using var scope = NewDisposeScope();
        using var network = OnnxNetwork.Load(_path);
        var inputs = test.Inputs.Select(input => input.ToTensor()).ToArray();
        var layers = network.DescribeLayers(inputs.Select(input => (IReadOnlyList<long>)[1, .. input.shape[1..]]).ToArray());
        Assert.InRange(layers.Count, 10, 200);
        using var split = network.Split(layers[layers.Count / 2].Name);
        using var activation = split.Head(inputs);
        Assert.Equal(float32, activation.Features.dtype);
        var features = activation.Features.clone().requires_grad_();
        var output = split.Tail(features, activation);
        ExportedNetworkTests.AssertClose(network.Forward(inputs), output.detach());
        output.sum().backward();
        Assert.True(features.grad!.abs().sum().item<float>() > 0);
    }

    [Fact]
    public void A_layout_for_one_processor_is_refused_with_advice()
    {
        Optimise(ExportedNetwork.Get("var_nofold_resnet18_legacy_op13").Model, GraphOptimizationLevel.ORT_ENABLE_ALL);
        // Other processors have no such layout: then the file is an ordinary one.
        if (!File.ReadAllText(_path).Contains("ReorderOutput", StringComparison.Ordinal)) return;
        var error = Assert.Throws<OnnxFormatException>(() => OnnxNetwork.Load(_path));
        Assert.Contains("com.microsoft.nchwc.Conv", error.Message, StringComparison.Ordinal);
        Assert.Contains("ORT_ENABLE_EXTENDED", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_path);

    private void Optimise(byte[] model, GraphOptimizationLevel level)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = level,
            OptimizedModelFilePath = _path,
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        using var session = new InferenceSession(model, options);
    }
}
