using Microsoft.Extensions.Logging;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.Hosting;

/// <summary>Hands on what ML.NET logs, which else nobody sees, and keeps what a user should have read: choices and warnings.</summary>
internal sealed partial class ContextLog
{
    private const int MostNotes = 100;

    private readonly ILogger? _logger;
    private readonly List<string> _notes = [];

    /// <param name="context">The context to listen to.</param>
    /// <param name="logger">Told everything; null: nobody.</param>
    public ContextLog(MLContext context, ILogger? logger)
    {
        _logger = logger;
        context.Log += (_, message) => Hear(message);
    }

    /// <summary>Choices and warnings so far, each once.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            lock (_notes) return [.. _notes];
        }
    }

    /// <summary>Says something of our own.</summary>
    public void Say(string message, bool isWarning = false)
    {
        Note(message);
        if (_logger == null) return;
        if (isWarning) Warned(_logger, message);
        else Told(_logger, message);
    }

    private void Hear(LoggingEventArgs message)
    {
        string text = message.RawMessage;
        bool isOurs = message.Source?.Contains("Iba", StringComparison.Ordinal) == true;
        if (message.Kind == ChannelMessageKind.Warning || (message.Kind == ChannelMessageKind.Info && isOurs)) Note(text);
        if (_logger == null) return;
        switch (message.Kind)
        {
            case ChannelMessageKind.Error:
                Failed(_logger, text);
                break;
            case ChannelMessageKind.Warning:
                Warned(_logger, text);
                break;
            case ChannelMessageKind.Info:
                Told(_logger, text);
                break;
            default:
                Traced(_logger, text);
                break;
        }
    }

    private void Note(string text)
    {
        lock (_notes)
        {
            if (_notes.Count < MostNotes && !_notes.Contains(text)) _notes.Add(text);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Message}")]
    private static partial void Failed(ILogger logger, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Message}")]
    private static partial void Warned(ILogger logger, string message);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Message}")]
    private static partial void Told(ILogger logger, string message);

    [LoggerMessage(Level = LogLevel.Trace, Message = "{Message}")]
    private static partial void Traced(ILogger logger, string message);
}
