using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Runs a network in OnnxRuntime, for <see cref="PictureModel.Expected"/>.</summary>
internal static class OnnxRuntimeNetwork
{
    /// <summary>One output of float32, in the caller's dispose scope.</summary>
    public static Tensor Run(string path, Tensor[] inputs, string output)
    {
        using var session = new InferenceSession(path);
        using var run = new RunOptions();
        var values = inputs.Select(input => input.dtype == ScalarType.Int64
            ? OrtValue.CreateTensorValueFromMemory(input.data<long>().ToArray(), input.shape)
            : OrtValue.CreateTensorValueFromMemory(input.data<float>().ToArray(), input.shape)).ToArray();
        try
        {
            using var outputs = session.Run(run, session.InputNames, values, [output]);
            return tensor(outputs[0].GetTensorDataAsSpan<float>().ToArray(), outputs[0].GetTensorTypeAndShape().Shape);
        }
        finally
        {
            foreach (var value in values) value.Dispose();
        }
    }
}
