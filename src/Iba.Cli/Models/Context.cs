using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.Cli;

/// <summary>Makes ML.NET's contexts.</summary>
internal static class Context
{
    /// <summary>A context whose warnings, and choices that were left to the library, are said as notes.</summary>
    /// <param name="reporter">Says them.</param>
    /// <param name="gpu">The number of the graphics processor; null: the processor.</param>
    public static MLContext Create(Reporter reporter, int? gpu = null)
    {
        var context = new MLContext(seed: 0) { GpuDeviceId = gpu, FallbackToCpu = false };
        var said = new HashSet<string>();
        context.Log += (_, message) =>
        {
            bool isChoice = message.Kind == ChannelMessageKind.Info && message.RawMessage.Contains(" is taken, ", StringComparison.Ordinal);
            if (message.Kind != ChannelMessageKind.Warning && !isChoice) return;
            lock (said)
            {
                if (said.Add(message.RawMessage)) reporter.Note(message.RawMessage);
            }
        };
        return context;
    }
}
