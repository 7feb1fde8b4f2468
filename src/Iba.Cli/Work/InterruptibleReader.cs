namespace Iba.Cli;

/// <summary>Lines of somebody who may not send any for long: waiting for one can be interrupted.</summary>
/// <param name="lines">The lines.</param>
/// <param name="cancellation">Ends the waiting; a line that comes later is lost.</param>
internal sealed class InterruptibleReader(TextReader lines, CancellationToken cancellation) : TextReader
{
    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public override string? ReadLine() => Task.Run(lines.ReadLine, cancellation).WaitAsync(cancellation).GetAwaiter().GetResult();
}
