using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace ExplainPhotos;

/// <summary>Collects what the library's log says of photographs that could not be used.</summary>
internal sealed class RowsLeftOut
{
    private readonly List<string> _reasons = [];

    /// <summary>Listens to a context.</summary>
    public static RowsLeftOut Of(MLContext ml)
    {
        var rows = new RowsLeftOut();
        ml.Log += (_, message) =>
        {
            if (message.Kind != ChannelMessageKind.Warning || !message.RawMessage.StartsWith("Row left out", StringComparison.Ordinal)) return;
            lock (rows._reasons) rows._reasons.Add(message.RawMessage);
        };
        return rows;
    }

    /// <summary>Tells the user.</summary>
    public void Report()
    {
        foreach (string reason in _reasons) Console.Error.WriteLine(reason);
    }
}
