using Iba.Onnx.Schema;
using static Iba.Onnx.Schema.TensorProto.Types;
using static Iba.Onnx.Tests.PictureModel;
using static Iba.Onnx.Tests.TestModel;

namespace Iba.MLNet.Tests;

/// <summary>
/// A classifier of token ids 0 to 19 as exports of GPT-2 are: every token sees itself and those before it that the mask lets through, and the
/// logits are those of the token before the first padding id, 19, or else of the last one. Layer "e": the embeddings.
/// </summary>
internal static class PaddingModel
{
    public const int PaddingId = 19;
    public const int Classes = 3;

    /// <param name="length">The number of positions; null: any.</param>
    public static ModelProto Make(int? length)
    {
        object positions = length is { } fixedLength ? fixedLength : "T";
        return new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 13 } },
            Graph = new GraphProto
            {
                Name = "tokens",
                Input = { Tensor("input_ids", DataType.Int64, "N", positions), Tensor("attention_mask", DataType.Int64, "N", positions) },
                Output = { Tensor("logits", DataType.Float, "N", Classes) },
                Initializer =
                {
                    Weights("embeddings", [20, 8], 1, 2), Weights("mix", [8, 8], 2), Weights("own", [8, 8], 3), Weights("classes", [8, Classes], 4),
                    Longs("axis", [1], scalar: true), Longs("pad", [PaddingId], scalar: true), Longs("one", [1]), Longs("axis2", [2]),
                },
                Node =
                {
                    Node("Gather", ["embeddings", "input_ids"], "e"),
                    Node("Cast", ["attention_mask"], "m", Integer("to", (int)DataType.Float)), Node("Unsqueeze", ["m", "axis2"], "mask"),
                    Node("MatMul", ["e", "mix"], "mixed"), Node("Relu", ["mixed"], "active"), Node("Mul", ["active", "mask"], "seen"), Node("CumSum", ["seen", "axis"], "before"),
                    Node("MatMul", ["e", "own"], "itself"), Node("Add", ["before", "itself"], "hidden"), Node("MatMul", ["hidden", "classes"], "tokens"),
                    Node("Equal", ["input_ids", "pad"], "isPad"), Node("Cast", ["isPad"], "pads", Integer("to", (int)DataType.Int64)),
                    Node("ArgMax", ["pads"], "firstPad", Integer("axis", 1), Integer("keepdims", 1)), Node("Sub", ["firstPad", "one"], "lastOrNone"),
                    Node("Shape", ["input_ids"], "shape"), Node("Gather", ["shape", "one"], "length"), Node("Mod", ["lastOrNone", "length"], "last"),
                    Node("Unsqueeze", ["last", "axis2"], "place"), Node("Concat", ["place", "place", "place"], "places", Integer("axis", 2)),
                    Node("GatherElements", ["tokens", "places"], "picked", Integer("axis", 1)), Node("Squeeze", ["picked", "one"], "logits"),
                },
            },
        };
    }
}
