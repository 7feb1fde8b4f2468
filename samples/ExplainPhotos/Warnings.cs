using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace ExplainPhotos;

/// <summary>Collects what the log warns of: photographs that could not be used, a layer that was measured on few. Told when no progress bar is in the way.</summary>
internal sealed class Warnings
{
    private readonly List<string> _messages = [];

    /// <summary>Listens to a context.</summary>
    public static Warnings Of(MLContext ml)
    {
        var warnings = new Warnings();
        ml.Log += (_, message) =>
        {
            if (message.Kind != ChannelMessageKind.Warning) return;
            lock (warnings._messages) warnings._messages.Add(message.RawMessage);
        };
        return warnings;
    }

    /// <summary>Tells the user.</summary>
    public void Report()
    {
        foreach (string message in _messages) Console.Error.WriteLine(message);
    }
}
