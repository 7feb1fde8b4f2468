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
        CheckType(input, tensor, nameof(tensors));
        CheckShape(input, tensor.shape, nameof(tensors));
        return tensor;
    }

    /// <summary>Checks one tensor for each input: their types, their shapes, and that all have the same number of rows.</summary>
    /// <exception cref="ArgumentException">The number of tensors, an element type or a shape is wrong.</exception>
    public static void Check(IReadOnlyList<NetworkInput> inputs, IReadOnlyList<Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors, nameof(inputs));
        if (tensors.Count != inputs.Count)
        {
            throw new ArgumentException(
                $"The network has {inputs.Count} inputs ({string.Join(", ", inputs.Select(input => $"'{input.Name}'"))}), but got {tensors.Count} tensors.",
                nameof(inputs));
        }

        foreach (var (input, tensor) in inputs.Zip(tensors))
        {
            CheckType(input, tensor, nameof(inputs));
            CheckShape(input, tensor.shape, nameof(inputs));
            if (tensor.shape[0] != tensors[0].shape[0])
            {
                throw new ArgumentException(
                    $"Input '{input.Name}' has {tensor.shape[0]} rows, but '{inputs[0].Name}' has {tensors[0].shape[0]}: give the same number.", nameof(inputs));
            }
        }
    }

    /// <summary>The input that a user wants to have explained: the named one, or without a name the first of a floating point type.</summary>
    /// <exception cref="ArgumentException">There is no such input, or it is not of a floating point type.</exception>
    public static NetworkInput Explained(IReadOnlyList<NetworkInput> inputs, string? name, string parameter)
    {
        var found = name is null
            ? inputs.FirstOrDefault(input => is_floating_point(input.ElementType)) ?? inputs[0]
            : inputs.FirstOrDefault(input => input.Name == name)
                ?? throw new ArgumentException($"The network has no input '{name}'. Its inputs: {string.Join(", ", inputs.Select(input => $"'{input.Name}'"))}.", parameter);
        if (!is_floating_point(found.ElementType))
        {
            throw new ArgumentException(
                $"Input '{found.Name}' is {found.ElementType}, and gradients flow to floating point numbers only: cut at the embeddings that are made of it instead, or at the cast of pixels.",
                parameter);
        }

        return found;
    }

    /// <summary>A declared shape with a batch of one.</summary>
    public static IReadOnlyList<long> OneRow(IReadOnlyList<long> shape) => [1, .. shape.Skip(1)];

    /// <summary>Checks a shape, batch first, against the declared one.</summary>
    /// <exception cref="ArgumentException">The shape does not fit.</exception>
    public static void CheckShape(NetworkInput input, IReadOnlyList<long> shape, string parameter)
    {
        bool fits = shape.Count == input.Shape.Count && shape.Zip(input.Shape).All(pair => pair.First > 0 && (pair.Second < 0 || pair.First == pair.Second));
        if (!fits)
        {
            throw new ArgumentException(
                $"Input '{input.Name}' has shape {Describe(input.Shape)} (N is the batch), but got {Shapes.Format(shape)}.", parameter);
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
                $"{Shapes.Format(rowShape)} is no shape of one input, such as [3, 224, 224]: give positive sizes without the batch, -1 where open.",
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
        Shapes.Write(writer, input.Shape.ToArray());
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are none of an input.</exception>
    public static NetworkInput Read(BinaryReader reader)
    {
        var elementType = (ScalarType)reader.ReadInt32();
        long[] shape = Shapes.Read(reader, MostDimensions, "A saved input");
        if (shape.Length < 2 || !Enum.IsDefined(elementType)) throw new InvalidDataException("The saved input's shape is damaged.");
        return new NetworkInput("input", elementType, shape);
    }

    private static void CheckType(NetworkInput input, Tensor tensor, string parameter)
    {
        if (tensor.dtype == input.ElementType) return;
        throw new ArgumentException($"Input '{input.Name}' takes {input.ElementType}, but got {tensor.dtype}: convert it first.", parameter);
    }
}
