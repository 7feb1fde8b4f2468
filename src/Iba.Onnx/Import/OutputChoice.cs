using Iba.Onnx.Schema;

namespace Iba.Onnx;

/// <summary>The tensor of a file that is taken for the class scores.</summary>
/// <param name="Value">Its name, and what the file declares about it.</param>
/// <param name="Others">The other outputs that class scores could be read from, the likeliest first.</param>
internal sealed record OutputChoice(ValueInfoProto Value, IReadOnlyList<string> Others);
