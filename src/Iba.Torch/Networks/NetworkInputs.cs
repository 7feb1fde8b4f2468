using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Checks tensors against a <see cref="NetworkInput"/>, makes some for trial runs, and saves the description.</summary>
internal static class NetworkInputs
{
    private const int MostDimensions = 16;

    /// <summary>The input's shape as error messages show it.</summary>
    public static string Describe(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape.Select((size, i) => i == 0 && size < 0 ? "N" : size < 0 ? "?" : $"{size}"))}]";

    /// <summary>The only tensor for a network with one input, checked.</summary>
    /// <exception cref="ArgumentException">The number of tensors, the element type or the shape is wrong.</exception>
    public static Tensor Single(NetworkInput input, IReadOnlyList<Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.Count != 1) throw new ArgumentException($"The network has one input, '{input.Name}', but got {tensors.Count} tensors.", nameof(tensors));
        var tensor = tensors[0];
        if (tensor.dtype != input.ElementType)
        {
            throw new ArgumentException($"Input '{input.Name}' takes {input.ElementType}, but got {tensor.dtype}: convert it first.", nameof(tensors));
        }

        CheckShape(input, tensor.shape, nameof(tensors));
        return tensor;
    }

    /// <summary>Checks a shape, batch first, against the declared one.</summary>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public static void CheckShape(NetworkInput input, IReadOnlyList<long> shape, string parameter)
    {
        bool fits = shape.Count == input.Shape.Count && shape.Zip(input.Shape).All(pair => pair.First > 0 && (pair.Second < 0 || pair.First == pair.Second));
        if (!fits)
        {
            throw new ArgumentException(
                $"Input '{input.Name}' has shape {Describe(input.Shape)} (N is the batch), but got [{string.Join(", ", shape)}].", parameter);
        }
    }

    /// <summary>Checks the dimensions that a user declares for one row, and puts the batch before them.</summary>
    /// <exception cref="ArgumentException">There are none, or one of them is neither positive nor -1.</exception>
    public static IReadOnlyList<long> WithBatch(IReadOnlyList<long> rowShape, string parameter)
    {
        ArgumentNullException.ThrowIfNull(rowShape, parameter);
        if (rowShape.Count == 0 || rowShape.Any(size => size is 0 or < -1))
        {
            throw new ArgumentException(
                $"[{string.Join(", ", rowShape)}] is no shape of one input, such as [3, 224, 224]: give positive sizes without the batch, -1 where open.",
                parameter);
        }

        return [-1, .. rowShape];
    }

    /// <summary>Random numbers (zeros for integers) of the input's type, always the same, without touching the global generator.</summary>
    public static Tensor Random(NetworkInput input, long[] shape, Device device)
    {
        using var scope = NewDisposeScope();
        if (!is_floating_point(input.ElementType)) return zeros(shape, input.ElementType, device).MoveToOuterDisposeScope();
        using var generator = new Generator(0);
        return randn(shape, generator: generator).to(input.ElementType).to(device).MoveToOuterDisposeScope();
    }

    /// <summary>Writes the element type and the shape.</summary>
    public static void Write(BinaryWriter writer, NetworkInput input)
    {
        writer.Write((int)input.ElementType);
        writer.Write(input.Shape.Count);
        foreach (long size in input.Shape) writer.Write(size);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are none of an input.</exception>
    public static NetworkInput Read(BinaryReader reader)
    {
        var elementType = (ScalarType)reader.ReadInt32();
        int dimensions = reader.ReadInt32();
        if (dimensions is < 2 or > MostDimensions || !Enum.IsDefined(elementType)) throw new InvalidDataException("The saved input's shape is damaged.");
        return new NetworkInput("input", elementType, Enumerable.Range(0, dimensions).Select(_ => reader.ReadInt64()).ToArray());
    }
}
