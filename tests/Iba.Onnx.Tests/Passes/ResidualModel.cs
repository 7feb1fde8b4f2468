using Iba.Onnx.Schema;
using static Iba.Onnx.Tests.TestModel;

namespace Iba.Onnx.Tests;

/// <summary>
/// A small classifier of pictures <c>[N, 3, 8, 8]</c> as mobile networks are made: behind the layer "r" (4 channels) a block with a depthwise convolution "d", a
/// residual sum "s" with the layer itself, a block of two convolutions and a residual sum "t", a pool, and two dense layers.
/// </summary>
internal static class ResidualModel
{
    public const int Classes = 5;

    /// <param name="batch">The batch size; a name where it is open.</param>
    public static ModelProto Make(object batch)
    {
        var graph = new GraphProto
        {
            Name = "residual",
            Input = { PictureModel.Floats("x", batch, 3, 8, 8) },
            Output = { PictureModel.Floats("logits", batch, Classes) },
            Initializer =
            {
                PictureModel.Weights("wr", [4, 3, 3, 3], 1, 0.4), PictureModel.Weights("we", [8, 4, 1, 1], 2), PictureModel.Weights("be", [8], 3),
                PictureModel.Weights("wd", [8, 1, 3, 3], 4, 0.5), PictureModel.Weights("wp", [4, 8, 1, 1], 5), PictureModel.Weights("wu", [8, 4, 3, 3], 6, 0.4),
                PictureModel.Weights("wv", [8, 8, 3, 3], 7, 0.3), PictureModel.Weights("wh", [8, 6], 8), PictureModel.Weights("bh", [6], 9),
                PictureModel.Weights("wl", [6, Classes], 10), Floats("zero", [], 0), Floats("six", [], 6),
            },
            Node =
            {
                Node("Conv", ["x", "wr"], "r0", Integers("pads", 1, 1, 1, 1)), Node("Relu", ["r0"], "r"),
                Node("Conv", ["r", "we", "be"], "e0"), Node("Clip", ["e0", "zero", "six"], "e"),
                Node("Conv", ["e", "wd"], "d", Integers("pads", 1, 1, 1, 1), Integer("group", 8)),
                Node("Conv", ["d", "wp"], "p"), Node("Add", ["p", "r"], "s"),
                Node("Conv", ["s", "wu"], "u0", Integers("pads", 1, 1, 1, 1)), Node("Relu", ["u0"], "u"),
                Node("Conv", ["u", "wv"], "v", Integers("pads", 1, 1, 1, 1)), Node("Add", ["v", "u"], "t"),
                Node("MaxPool", ["t"], "m", Integers("kernel_shape", 2, 2), Integers("strides", 2, 2)),
                Node("GlobalAveragePool", ["m"], "g"), Node("Flatten", ["g"], "f"),
                Node("Gemm", ["f", "wh", "bh"], "h0"), Node("Relu", ["h0"], "h"),
                Node("MatMul", ["h", "wl"], "logits"),
            },
        };
        return new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 13 } }, Graph = graph };
    }
}
