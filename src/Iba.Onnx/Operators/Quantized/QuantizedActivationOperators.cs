using static TorchSharp.torch;
using ElementType = Iba.Onnx.Schema.TensorProto.Types.DataType;

namespace Iba.Onnx;

/// <summary>
/// Element-wise operators and pools of quantised values in OnnxRuntime's <c>com.microsoft</c> domain: dequantised, computed as the
/// standard's operator of floats, and quantised again.
/// </summary>
internal sealed class QuantizedActivationOperators
{
    private const string Microsoft = OperatorTable.Microsoft;

    /// <summary>The opset whose meaning Softmax has where no attribute names another.</summary>
    private const long LatestMeaning = 13;

    private readonly OperatorTable _table;

    private QuantizedActivationOperators(OperatorTable table) => _table = table;

    public static void Register(OperatorTable table)
    {
        var family = new QuantizedActivationOperators(table);
        foreach (string? name in new[] { "Add", "Mul" })
        {
            table.AddMany("QLinear" + name, call => [family.Requantize(call, name, 6, Value(call, 0), Value(call, 3))], Microsoft);
        }
        foreach (string? name in new[] { "Sigmoid", "LeakyRelu", "Softmax", "AveragePool", "GlobalAveragePool", "ReduceMean" })
        {
            table.AddMany("QLinear" + name, call => [family.Requantize(call, name, 3, Value(call, 0))], Microsoft);
        }
        table.AddKeepingType("NhwcMaxPool", family.MaxPoolWithChannelsLast, domain: Microsoft);
        table.AddMany("QLinearConcat", call => [family.Concat(call)], Microsoft);
        table.AddMany("QLinearWhere", call => [family.Requantize(call, "Where", 7, call[0], Value(call, 1), Value(call, 4))], Microsoft);
    }

    /// <summary>A quantised input as numbers; its scale and zero point are the two inputs after it.</summary>
    private static Tensor Value(OperatorCall call, int index)
        => Quantization.Dequantize(call[index], call[index + 1], call.Optional(index + 2));

    /// <summary>Computes a standard operator of floats and quantises the result.</summary>
    /// <param name="call">The quantised operator.</param>
    /// <param name="name">The standard's operator.</param>
    /// <param name="scale">Which input is the result's scale; the one after it is its zero point.</param>
    /// <param name="inputs">The standard operator's inputs.</param>
    private TensorValue Requantize(OperatorCall call, string name, int scale, params Tensor[] inputs)
    {
        var compute = _table.Find("", name) ?? throw call.Error($"is computed by way of {name}, which is not supported");
        bool last = call.Flag("channels_last") && inputs[0].dim() > 2;
        if (last) inputs = Array.ConvertAll(inputs, input => input.movedim([-1], [1]));
        // Axes of Softmax have the meaning of the opset that an attribute names; the others mean the same in all opsets.
        var standard = call.With(call.Int("opset", LatestMeaning), inputs.Select(input => (OnnxValue?)input).ToArray());
        var result = ((TensorValue)compute(standard)[0]).Tensor;
        if (last) result = result.movedim([1], [-1]);
        var type = call.Optional(scale + 1) is null ? TypeOfValues(call, name) : call.ElementType(scale + 1);
        return Quantization.Quantize(result, call[scale], call.Optional(scale + 1), type);
    }

    private static ElementType TypeOfValues(OperatorCall call, string name)
        => call.ElementType(name == "Where" ? 1 : name == "Concat" ? 2 : 0);

    private Tensor MaxPoolWithChannelsLast(OperatorCall call)
    {
        var compute = _table.Find("", "MaxPool") ?? throw call.Error("is computed by way of MaxPool, which is not supported");
        var input = call.WithRank(0, 3).movedim([-1], [1]);
        return ((TensorValue)compute(call.With(input))[0]).Tensor.movedim([1], [-1]);
    }

    private TensorValue Concat(OperatorCall call)
    {
        if (call.InputCount < 5 || call.InputCount % 3 != 2) throw call.Error($"has {call.InputCount} inputs");
        var values = Enumerable.Range(0, (call.InputCount - 2) / 3).Select(i => Value(call, 2 + (3 * i))).ToArray();
        return Requantize(call, "Concat", 0, values);
    }
}
