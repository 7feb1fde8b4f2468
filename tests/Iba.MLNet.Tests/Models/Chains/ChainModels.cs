using Google.Protobuf;
using Iba.Onnx.Schema;
using Iba.Onnx.Tests;
using Microsoft.ML;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;
using static TorchSharp.torch;

namespace Iba.MLNet.Tests;

/// <summary>Small networks in files for ApplyOnnxModel, and what the tests ask of the classifiers that are found. Disposing deletes the files.</summary>
public sealed class ChainModels : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iba-chains-").FullName;

    public MLContext ML { get; } = new(seed: 1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Writes a network into a file.</summary>
    internal string Save(ModelProto model)
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid():N}.onnx");
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }

    /// <summary>x [N, 3, 8, 8] -> f [N, 6], features.</summary>
    internal IEstimator<ITransformer> Featurizer() => ML.Transforms.ApplyOnnxModel("f", "x", Save(Featurizing()));

    /// <summary>The network of <see cref="Featurizer"/>.</summary>
    internal static ModelProto Featurizing() => Make().Giving(Floats("f", "N", 6));

    /// <summary>The only classifier of a model; the caller disposes its network.</summary>
    internal static ModelClassifier Find(ITransformer model) => Assert.Single(ChainClassifiers.Read([.. ModelClassifiers.Steps(model)]));

    internal ITransformer Reloaded(ITransformer model)
    {
        using var zip = new MemoryStream();
        ML.Model.Save(model, null, zip);
        zip.Position = 0;
        return ML.Model.Load(zip, out _);
    }

    /// <summary>What a network gives for rows.</summary>
    internal static float[][] Outputs(Iba.Torch.Network network, IEnumerable<float[]> rows, params long[] shape)
    {
        using var scope = NewDisposeScope();
        return rows.Select(row => network.Forward([tensor(row).reshape([1, .. shape])]).data<float>().ToArray()).ToArray();
    }

    /// <summary>The softmax of logits.</summary>
    internal static float[] Softmax(float[] logits)
    {
        double[] powers = logits.Select(logit => Math.Exp(logit - (double)logits.Max())).ToArray();
        return powers.Select(power => (float)(power / powers.Sum())).ToArray();
    }

    internal static void Close(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"{i}: {expected[i]} expected, {actual[i]} found.");
    }
}
