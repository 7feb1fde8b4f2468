using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Onnx;

/// <summary>Makes constants of inputs that are the same for all rows, in the file itself, so that they are saved with it.</summary>
internal static class FixedInputs
{
    /// <param name="file">The file.</param>
    /// <param name="values">Values by the names of inputs: one for all elements, or one for each.</param>
    /// <exception cref="ArgumentException">There is no such input, or the values do not fit it.</exception>
    public static void Run(ModelFile file, IReadOnlyDictionary<string, double[]> values)
    {
        var graph = file.Model.Graph;
        foreach (var (name, numbers) in values)
        {
            var input = graph.Input.FirstOrDefault(input => input.Name == name)
                ?? throw new ArgumentException($"The network has no input '{name}'. It has: {string.Join(", ", graph.Input.Select(known => $"'{known.Name}'"))}.", nameof(values));
            var constant = Constant(input, numbers ?? []);
            file.Remove(graph.Initializer.FirstOrDefault(initializer => initializer.Name == name));
            graph.Input.Remove(input);
            graph.Initializer.Add(constant);
        }
    }

    private static TensorProto Constant(ValueInfoProto input, double[] numbers)
    {
        var type = (DataType)(input.Type?.TensorType?.ElemType ?? 0);
        long[] shape = Shape(input, numbers.Length);
        long count = shape.Aggregate(1L, (product, size) => product * size);
        var constant = new TensorProto { Name = input.Name, DataType = (int)type, Dims = { shape } };
        foreach (double number in numbers.Length == 1 ? Enumerable.Repeat(numbers[0], (int)count) : numbers)
        {
            if (!Add(constant, type, number)) throw Error(input, $"is {type}, which {number} cannot be");
        }

        return constant;
    }

    /// <summary>The declared shape; an open dimension is what the number of values leaves for it.</summary>
    private static long[] Shape(ValueInfoProto input, int count)
    {
        if (input.Type?.TensorType?.Shape is not { } shape) return count == 1 ? [] : [count];
        long[] sizes = shape.Dim.Select(dimension => dimension.DimValue > 0 ? dimension.DimValue : -1).ToArray();
        long known = sizes.Where(size => size > 0).Aggregate(1L, (product, size) => product > int.MaxValue ? product : product * size);
        int open = Array.IndexOf(sizes, -1);
        if (open >= 0) sizes[open] = count % known == 0 ? Math.Max(1, count / known) : 1;
        long wanted = sizes.Aggregate(1L, (product, size) => product * Math.Max(1, size));
        if (wanted > OperatorLimits.MostElements || count == 0 || (count != 1 && count != wanted))
        {
            throw Error(input, $"takes one value for all elements, or one for each of shape [{string.Join(", ", shape.Dim.Select(dimension => dimension.DimValue > 0 ? $"{dimension.DimValue}" : "?"))}]; {count} are given");
        }

        return sizes.Select(size => Math.Max(1, size)).ToArray();
    }

    private static bool Add(TensorProto constant, DataType type, double number)
    {
        bool isWhole = Math.Round(number) == number && Math.Abs(number) <= int.MaxValue;
        switch (type)
        {
            case DataType.Float:
                constant.FloatData.Add((float)number);
                return true;
            case DataType.Double:
                constant.DoubleData.Add(number);
                return true;
            case DataType.Float16:
                constant.Int32Data.Add(BitConverter.HalfToUInt16Bits((Half)number));
                return true;
            case DataType.Int64 when isWhole:
                constant.Int64Data.Add((long)number);
                return true;
            case DataType.Int32 when isWhole:
            case DataType.Bool when number is 0 or 1:
            case DataType.Uint8 when isWhole && number is >= byte.MinValue and <= byte.MaxValue:
            case DataType.Int8 when isWhole && number is >= sbyte.MinValue and <= sbyte.MaxValue:
                constant.Int32Data.Add((int)number);
                return true;
            default:
                return false;
        }
    }

    private static ArgumentException Error(ValueInfoProto input, string problem)
        => new($"{nameof(OnnxNetworkOptions)}.{nameof(OnnxNetworkOptions.InputValues)}: the input '{input.Name}' {problem}.");
}
