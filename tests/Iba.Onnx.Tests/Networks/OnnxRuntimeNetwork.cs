using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Runs a network in OnnxRuntime, without optimisations.</summary>
internal static class OnnxRuntimeNetwork
{
    /// <summary>One output.</summary>
    /// <param name="path">The file.</param>
    /// <param name="inputs">One tensor for each input, in the file's order.</param>
    /// <param name="output">The output's name; the first one where the file has none of that name.</param>
    public static Tensor Run(string path, Tensor[] inputs, string output)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        using var session = new InferenceSession(path, options);
        using var run = new RunOptions();
        var values = inputs.Select(OnnxRuntimeNode.Value).ToArray();
        try
        {
            using var outputs = session.Run(run, session.InputNames, values, [session.OutputNames.Contains(output) ? output : session.OutputNames[0]]);
            return OnnxRuntimeNode.Result(outputs[0]) ?? throw new NotSupportedException("The output is no tensor.");
        }
        finally
        {
            foreach (var value in values) value.Dispose();
        }
    }
}
