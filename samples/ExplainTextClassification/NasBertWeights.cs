using Microsoft.ML.TorchSharp.NasBert.Models;
using static TorchSharp.torch;

namespace ExplainTextClassification;

/// <summary>
/// Weights where ML.NET's trainer keeps those that it downloads, <c>TempFilePath/mlnet</c>: it asks for nothing but that the file is there. Made
/// on the spot they are noise, and a network that starts from them learns what its few sentences teach, no English.
/// </summary>
internal static class NasBertWeights
{
    private const string File = "NasBert2000000.tsm";

    // What the trainer builds: its own options, which are internal.
    private static readonly int[] Layers = [9, 11, 7, 0, 0, 0, 11, 11, 7, 0, 0, 0, 9, 7, 11, 0, 0, 0, 10, 7, 9, 0, 0, 0];

    /// <summary>Whether a folder has weights, such as a training with a connection to the internet left there.</summary>
    public static bool Exist(string folder) => System.IO.File.Exists(Path.Combine(folder, "mlnet", File));

    /// <summary>Writes noise.</summary>
    /// <param name="folder">What will be <c>MLContext.TempFilePath</c>, a full path.</param>
    public static void Make(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "mlnet"));
        random.manual_seed(1);
        using var encoder = new NasBertEncoder(
            paddingIdx: 1, vocabSize: 50265, activationFn: "gelu", maxSeqLen: 512, embedSize: 64, arches: Layers, numSegments: 0,
            encoderNormalizeBefore: true, numEncoderLayers: Layers.Length, applyBertInit: true);
        using (no_grad())
        {
            // The initial positions are six times as large as the words, which makes learning slow.
            foreach (var (name, weight) in encoder.named_parameters())
            {
                if (name.StartsWith("PositionalEmbedding", StringComparison.Ordinal)) weight.mul_(0.1);
                if (name.StartsWith("TokenEmbedding", StringComparison.Ordinal)) weight.mul_(5);
                if (name.EndsWith("bias", StringComparison.Ordinal)) weight.zero_();
            }
        }

        encoder.save(Path.Combine(folder, "mlnet", File));
    }
}
