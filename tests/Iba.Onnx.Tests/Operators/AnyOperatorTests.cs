using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>Laws that every operator keeps, whatever it computes.</summary>
public class AnyOperatorTests
{
    private static readonly (string Domain, string Name)[] Claimed = OperatorFamilies.Table.Claimed.Order().ToArray();

    private static readonly string[] WholeNumbers =
    [
        "axis", "keepdims", "noop_with_empty_axes", "allowzero", "num_outputs", "batch_dims", "k", "to", "dtype", "fmod", "exclusive", "reverse",
        "block_size", "output_dtype", "group", "size", "p", "upper", "largest", "sorted", "transA", "transB", "blocksize", "ceil_mode",
        "count_include_pad", "hidden_size", "num_heads", "q_num_heads", "kv_num_heads", "num_groups", "storage_order", "align_corners", "is_causal",
    ];

    private static readonly string[] Lists =
    [
        "axes", "perm", "starts", "ends", "split", "pads", "kernel_shape", "strides", "dilations", "output_shape", "output_padding", "shape",
        "scales",
    ];

    private static readonly string[] Texts =
    [
        "reduction:add", "reduction:mul", "mode:reflect", "mode:wrap", "mode:edge", "mode:linear", "mode:cubic", "mode:circular", "direction:LEFT",
        "direction:RIGHT", "direction:reverse", "direction:bidirectional", "auto_pad:SAME_UPPER", "auto_pad:VALID", "approximate:tanh",
        "equation:ij,jk->ik", "equation:...i,i", "equation:iij->j", "coordinate_transformation_mode:tf_crop_and_resize",
    ];

    private static readonly Gen<long> Number = Gen.Frequency((12, Gen.Long[-4, 6]), (1, Gen.OneOf(long.MinValue, long.MaxValue, 1L << 31, -(1L << 40), 1L << 20)));

    private static readonly Gen<(string, object)> Attribute = Gen.OneOf(
        Gen.Select(Gen.OneOf(WholeNumbers), Number, (name, value) => (name, (object)value)),
        Gen.Select(Gen.OneOf(Lists), Number.Array[0, 5], (name, value) => (name, (object)value)),
        Gen.OneOf(Texts).Select(text => (text.Split(':')[0], (object)text.Split(':', 2)[1])));

    private static readonly Gen<(ScalarType Type, long[] Shape, long[] Values)> Operand = Gen.Select(
        Gen.OneOf(float32, float32, float32, int64, int64, float64, float16, bfloat16, int32, int8, uint8, @bool),
        Gen.Frequency((6, Gen.Long[0, 4].Array[0, 5]), (3, Gen.Long[1, 4].Array[1]), (1, Gen.Const(Array.Empty<long>()))),
        Number.Array[8]);

    [Fact]
    public void Any_inputs_give_a_result_or_an_error_and_leave_the_process_alive() => CheckAny(iterations: 3000);

    [Fact]
    [Trait("Speed", "Slow")]
    public void Very_many_inputs_give_a_result_or_an_error_and_leave_the_process_alive() => CheckAny(iterations: 100_000);

    private static void CheckAny(int iterations)
        => Gen.Select(Gen.OneOf(Claimed), Gen.Long[1, 25], Operand.Array[0, 7], Attribute.Array[0, 3], Gen.Bool)
            .Sample(
                (op, opset, operands, attributes, withGradient) =>
                {
                    using var scope = NewDisposeScope();
                    using var gradientMode = set_grad_enabled(withGradient);
                    var inputs = operands.Select(operand => (OnnxValue?)Make(operand.Type, operand.Shape, operand.Values, withGradient)).ToArray();
                    string name = op.Domain.Length > 0 ? $"{op.Domain}::{op.Name}" : op.Name;
                    try
                    {
                        Node.RunAll(name, opset, inputs, 2, attributes.DistinctBy(attribute => attribute.Item1).ToArray());
                    }
                    catch (Exception error) when (error is OnnxFormatException or System.Runtime.InteropServices.ExternalException or ArgumentException
                        or InvalidOperationException or NotSupportedException or OverflowException or IndexOutOfRangeException or NullReferenceException)
                    {
                        // The graph that runs the operator turns each of these into an error of the file.
                        return !error.Message.Contains("INTERNAL ASSERT", StringComparison.Ordinal);
                    }

                    return true;
                },
                iter: iterations,
                threads: 1);

    private static Tensor Make(ScalarType type, long[] shape, long[] values, bool withGradient)
    {
        long count = shape.Aggregate(1L, (product, size) => product * size);
        var tensor = torch.tensor(Enumerable.Range(0, (int)count).Select(i => values[i % values.Length]).ToArray()).to(type).reshape(shape);
        return withGradient && tensor.is_floating_point() ? tensor.requires_grad_() : tensor;
    }
}
