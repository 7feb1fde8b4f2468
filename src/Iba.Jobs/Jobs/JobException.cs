namespace Iba.Jobs;

/// <summary>A job cannot be planned, worked on or merged as things are; the message says what to do. The job's folder stays as it was.</summary>
public sealed class JobException : Exception
{
    /// <summary>A problem of a job.</summary>
    /// <param name="message">What is wrong, and the next step.</param>
    public JobException(string message)
        : base(message)
    {
    }

    /// <summary>A problem of a job with its cause.</summary>
    /// <param name="message">What is wrong, and the next step.</param>
    /// <param name="innerException">The cause.</param>
    public JobException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
