namespace Iba.Onnx;

/// <summary>An ONNX file that cannot be read or computed: damaged, contradictory, or beyond what is supported. The message says where.</summary>
public sealed class OnnxFormatException : FormatException
{
    /// <param name="message">What is wrong, and where.</param>
    public OnnxFormatException(string message)
        : base(message)
    {
    }

    /// <param name="message">What is wrong, and where.</param>
    /// <param name="innerException">The cause.</param>
    public OnnxFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the run would have held too much: that with fewer rows it might have gone through says nothing about the graph's batch.</summary>
    internal bool IsOfBudget { get; init; }
}
