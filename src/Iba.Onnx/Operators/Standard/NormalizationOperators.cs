using Iba.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Iba.Onnx;

/// <summary>Normalisations within one example: instance, group, layer, root mean square, local response, Lp, mean and variance.</summary>
internal static class NormalizationOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("GroupNormalization", GroupNormalization);
        table.Add("InstanceNormalization", InstanceNormalization);
        table.AddMany("LayerNormalization", call => LayerNormalization(call, call[0], call[1], call.Optional(2)));
        table.Add("LRN", LocalResponseNormalization);
        table.Add("LpNormalization", LpNormalization);
        table.Add("MeanVarianceNormalization", MeanVarianceNormalization);
        table.Add("RMSNormalization", call => RootMeanSquare(call, call[0], call[1], call.Axis(call.Int("axis", -1), call[0].dim())).Normalized);
    }

    private static Tensor InstanceNormalization(OperatorCall call)
    {
        var input = call.WithRank(0, 3);
        return Grouped(call, input, input.shape[1], call[1], call[2]);
    }

    private static Tensor GroupNormalization(OperatorCall call)
    {
        var input = call.WithRank(0, 2);
        var (groups, channels) = (call.Int("num_groups", 0), input.shape[1]);
        if (groups < 1 || channels % groups != 0) throw call.Error($"{channels} channels cannot be split into {groups} groups");
        // Opset 18 had one scale for each group, from 21 on there is one for each channel.
        Tensor ForChannels(Tensor parameter) => parameter.numel() == groups && call.Opset < 21
            ? parameter.flatten().repeat_interleave(channels / groups) : parameter;
        return Grouped(call, input, groups, ForChannels(call[1]), ForChannels(call[2]));
    }

    private static Tensor Grouped(OperatorCall call, Tensor input, long groups, Tensor scale, Tensor bias)
    {
        call.CheckShape("the scale", scale, input.shape[1]);
        call.CheckShape("the bias", bias, input.shape[1]);
        var data = input.Widen();
        return functional.group_norm(data, groups, scale.As(data.dtype), bias.As(data.dtype), call.Float("epsilon", 1e-5f)).As(input.dtype);
    }

    /// <summary>Layer normalisation over all dimensions from the axis on; mean and inverse deviation where the node names them.</summary>
    public static OnnxValue[] LayerNormalization(OperatorCall call, Tensor input, Tensor scale, Tensor? bias)
    {
        int axis = call.Axis(call.Int("axis", -1), input.dim());
        long[] shape = input.shape[axis..];
        CheckBroadcast(call, scale, shape);
        if (bias is not null) CheckBroadcast(call, bias, shape);

        var (data, epsilon) = (input.Widen(), call.Float("epsilon", 1e-5f));
        var (weight, offset) = (scale.As(data.dtype), bias?.As(data.dtype));
        bool whole = scale.shape.AsSpan().SequenceEqual(shape) && (bias is null || bias.shape.AsSpan().SequenceEqual(shape));
        var output = functional.layer_norm(data, shape, whole ? weight : null, whole ? offset : null, epsilon);
        if (!whole) output = offset is null ? output * weight : (output * weight) + offset;
        if (!call.WantsOutput(1) && !call.WantsOutput(2)) return [output.As(input.dtype)];

        long[] reduced = Enumerable.Range(axis, shape.Length).Select(d => (long)d).ToArray();
        var mean = data.mean(reduced, keepdim: true);
        var inverseDeviation = (data.var(reduced, unbiased: false, keepdim: true) + epsilon).rsqrt();
        return [output.As(input.dtype), mean, inverseDeviation];
    }

    /// <summary>Division by the root mean square over all dimensions from the axis on, then the scale.</summary>
    public static (Tensor Normalized, Tensor InverseRoot) RootMeanSquare(OperatorCall call, Tensor input, Tensor scale, int axis)
    {
        CheckBroadcast(call, scale, input.shape[axis..]);
        var data = input.Widen();
        long[] reduced = Enumerable.Range(axis, (int)input.dim() - axis).Select(d => (long)d).ToArray();
        var inverseRoot = (data.square().mean(reduced, keepdim: true) + call.Float("epsilon", 1e-5f)).rsqrt();
        // The scale's type is the output's; it is applied to the rounded value.
        var normalized = (data * inverseRoot).As(input.dtype).As(Precision.Wide(scale.dtype)) * scale.Widen();
        return (normalized.As(scale.dtype), inverseRoot);
    }

    private static Tensor LocalResponseNormalization(OperatorCall call)
    {
        var input = call.WithRank(0, 3);
        long size = call.Int("size", 0);
        if (size < 1) throw call.Error($"attribute 'size' is {size}, but must be positive");
        var data = input.Widen();
        // Beyond the channels there is nothing to sum.
        long reach = Math.Min(size, (2 * input.shape[1]) + 1);
        var (before, after) = ((reach - 1) / 2, reach - 1 - ((reach - 1) / 2));
        var squares = data.square().reshape(input.shape[0], 1, input.shape[1], -1);
        var sums = functional.avg_pool2d(functional.pad(squares, [0, 0, before, after]), [reach, 1], [1, 1]) * reach;
        var scale = (sums.reshape(input.shape) * ((double)call.Float("alpha", 1e-4f) / size)) + call.Float("bias", 1);
        return (data / scale.pow(call.Float("beta", 0.75f))).As(input.dtype);
    }

    /// <summary>Division by the L1 or L2 norm along an axis; zero where the norm is zero.</summary>
    private static Tensor LpNormalization(OperatorCall call)
    {
        var input = call.WithRank(0, 1);
        int axis = call.Axis(call.Int("axis", -1), input.dim());
        var data = input.Widen();
        var norm = call.Int("p", 2) switch
        {
            1 => data.abs().sum(axis, keepdim: true),
            2 => PoolOperators.Root(data.square().sum(axis, keepdim: true), 2),
            var other => throw call.Error($"attribute 'p' is {other}, but must be 1 or 2"),
        };
        return (data / where(norm.eq(0), ones_like(norm), norm)).As(input.dtype);
    }

    private static Tensor MeanVarianceNormalization(OperatorCall call)
    {
        var input = call[0];
        long[] axes = (call.Ints("axes") ?? [0, 2, 3]).Select(axis => (long)call.Axis(axis, input.dim())).ToArray();
        var data = input.Widen();
        var centred = data - data.mean(axes, keepdim: true);
        var deviation = PoolOperators.Root(centred.square().mean(axes, keepdim: true), 2);
        return (centred / (deviation + 1e-9)).As(input.dtype);
    }

    private static void CheckBroadcast(OperatorCall call, Tensor parameter, long[] shape)
    {
        bool fits = parameter.dim() <= shape.Length
            && Enumerable.Range(1, (int)parameter.dim()).All(back => parameter.shape[^back] == 1 || parameter.shape[^back] == shape[^back]);
        if (!fits) throw call.Error($"a parameter of shape {parameter.ShapeText()} cannot be broadcast to {Shapes.Format(shape)}");
    }
}
