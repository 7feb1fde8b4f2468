namespace Iba.Onnx;

/// <summary>How much an ONNX file may hold; the options of the same names say it to users.</summary>
/// <param name="MaximumGraphBytes">Bytes beside its large weights.</param>
/// <param name="MaximumGraphFields">Fields with a length.</param>
internal readonly record struct FileLimits(long MaximumGraphBytes, int MaximumGraphFields)
{
    /// <summary>The error of a file that holds more.</summary>
    /// <param name="what">What there are too many of.</param>
    /// <param name="option">The option to raise.</param>
    public static OnnxFormatException Exceeded(string what, string option)
        => new($"The file holds more than {what}. If you trust whoever made it, raise OnnxNetworkOptions.{option}.");
}
