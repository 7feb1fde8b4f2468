using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Writes and reads tensors of a readout, float32 with their shapes; reading trusts nothing.</summary>
internal static class ReadoutTensor
{
    public static void Write(BinaryWriter writer, Tensor tensor)
    {
        Shapes.Write(writer, tensor.shape);
        StatisticsStream.Write(writer, tensor);
    }

    /// <exception cref="InvalidDataException">The bytes are cut off, or a value is NaN or infinite.</exception>
    public static Tensor Read(BinaryReader reader, string what)
    {
        var tensor = StatisticsStream.Read(reader, ScalarType.Float32, StatisticsStream.ReadShape(reader));
        return tensor.isfinite().all().item<bool>() ? tensor : throw new InvalidDataException($"A readout with a {what} that is NaN or infinite.");
    }
}
