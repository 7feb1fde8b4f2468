namespace Iba.Cli;

/// <summary>What was typed does not go together; the message says what would.</summary>
internal sealed class UsageException(string message) : Exception(message);
