using Iba.Onnx.Schema;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Batch normalisation in all its forms: with given statistics, or with those of the batch itself (training).</summary>
internal static class BatchNormalizationOperators
{
    public static void Register(OperatorTable table) => table.AddMany("BatchNormalization", BatchNormalization);

    /// <summary>Whether a node normalises with the batch's own statistics. Before opset 14 the number of outputs told it.</summary>
    public static bool IsTraining(NodeProto node, long opset)
        => opset >= 14 ? node.Attribute.Any(attribute => attribute.Name == "training_mode" && attribute.I != 0) : node.Output.Skip(1).Any(name => name.Length > 0);

    private static OnnxValue[] BatchNormalization(OperatorCall call)
    {
        var input = call.WithRank(0, 1);
        var data = input.Widen();
        // Up to opset 8 statistics could be kept for every element of a row, not only for every channel.
        bool perElement = call.Opset < 9 && !call.Flag("spatial", otherwise: true);
        long[] shape = perElement ? input.shape[1..] : input.dim() < 2 ? [1] : [input.shape[1]];
        var parameters = Enumerable.Range(1, 4).Select(index =>
        {
            call.CheckShape($"input {index}", call[index], shape);
            return call[index].As(data.dtype);
        }).ToArray();
        var (scale, bias, mean, variance) = (parameters[0], parameters[1], parameters[2], parameters[3]);

        bool training = IsTraining(call.Node, call.Opset);
        // libtorch's kernel has no gradient for the statistics, which a graph may compute.
        bool native = !perElement && input.dim() is >= 2 and <= 5 && !mean.requires_grad && !variance.requires_grad;
        if (!training && native)
            return [nn.functional.batch_norm(data, mean, variance, scale, bias, training: false, eps: call.Float("epsilon", 1e-5f)).As(input.dtype)];
        if (!training) return [Normalize(call, data, scale, bias, mean, variance, perElement).As(input.dtype)];
        return Train(call, input, data, scale, bias, mean, variance, perElement);
    }

    private static OnnxValue[] Train(
        OperatorCall call, Tensor input, Tensor data, Tensor scale, Tensor bias, Tensor mean, Tensor variance, bool perElement)
    {
        if (data.numel() == 0) throw call.Error($"has no statistics of a batch of shape {data.ShapeText()}");
        long[] reduced = Enumerable.Range(0, (int)data.dim()).Where(d => perElement ? d == 0 : d != 1).Select(d => (long)d).ToArray();
        var batchMean = data.mean(reduced);
        var batchVariance = data.var(reduced, unbiased: false);
        var output = Normalize(call, data, scale, bias, batchMean, batchVariance, perElement).As(input.dtype);

        float momentum = call.Float("momentum", 0.9f);
        Tensor Running(int index, Tensor old, Tensor now) => ((old * momentum) + (now * (1 - momentum))).As(call[index].dtype);
        return [output, Running(3, mean, batchMean), Running(4, variance, batchVariance), batchMean.alias(), batchVariance.alias()];
    }

    private static Tensor Normalize(
        OperatorCall call, Tensor data, Tensor scale, Tensor bias, Tensor mean, Tensor variance, bool perElement)
    {
        int after = perElement ? 0 : Math.Max((int)data.dim() - 2, 0);
        Tensor Spread(Tensor tensor) => tensor.reshape([.. tensor.shape, .. TensorChecks.Repeated(1, after)]);
        var deviation = Spread((variance + call.Float("epsilon", 1e-5f)).rsqrt());
        return ((data - Spread(mean)) * deviation * Spread(scale)) + Spread(bias);
    }
}
