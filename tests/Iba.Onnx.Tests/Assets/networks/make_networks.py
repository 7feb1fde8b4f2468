#!/usr/bin/env python3
"""Writes small classifiers in the manner of exporters that are not at hand (tf2onnx, keras2onnx, transformers, older PyTorch).

Needs the packages python3-onnx and python3-numpy. The weights are random with fixed seeds, so the files come out the same.
Usage: make_networks.py [folder]
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NETWORKS = {}


def network(function):
    NETWORKS[function.__name__] = function
    return function


class Graph:
    """Collects nodes and weights; every method returns the name of what it made."""

    def __init__(self, seed, prefix=""):
        self.random = np.random.RandomState(seed)
        self.nodes, self.weights, self.prefix = [], [], prefix

    def const(self, value, name=None):
        value = np.asarray(value)
        name = name or f"{self.prefix}const_{len(self.weights)}:0"
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, *shape, scale=None):
        scale = scale or 1 / np.sqrt(max(1, np.prod(shape[1:])))
        return self.const((self.random.randn(*shape) * scale).astype(np.float32))

    def ints(self, *values):
        return self.const(np.array(values, np.int64))

    def op(self, kind, *inputs, out=None, domain="", outputs=1, **attributes):
        names = [out] if out else [f"{self.prefix}{kind}_{len(self.nodes)}" + (f":{i}" if outputs > 1 or self.prefix else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=names[0].split(":")[0], domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def model(self, inputs, output, opset, classes=5, ir=7, domains=()):
        inputs = [helper.make_tensor_value_info(*value) for value in inputs]
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["unk__1", classes])
        graph = helper.make_graph(self.nodes, "tf2onnx", inputs, [result], self.weights)
        imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(name, 1) for name in domains]
        return helper.make_model(graph, opset_imports=imports, ir_version=ir, producer_name="made by make_networks.py")


F, I32, I64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64


def batch_norm_parts(g, x, channels, layout):
    """Batch normalisation as TensorFlow's optimiser leaves it: a product and a sum."""
    shape = (1, channels, 1, 1) if layout == "NCHW" else (channels,)
    x = g.op("Mul", x, g.const((g.random.rand(*shape) + 0.5).astype(np.float32)))
    return g.op("Add", x, g.const(g.random.randn(*shape).astype(np.float32) * 0.1))


@network
def keras_mobile_op9():
    """NHWC input, asymmetric Pad before a stride, depthwise convolution, Relu6 as Min and Max, Squeeze, Softmax with axis -1 unstated."""
    g = Graph(1, "StatefulPartitionedCall/model/")
    x = g.op("Transpose", "input_1:0", perm=[0, 3, 1, 2])
    x = g.op("Pad", x, mode="constant", pads=[0, 0, 0, 0, 0, 0, 1, 1], value=0.0)
    x = g.op("Conv", x, g.weight(8, 3, 3, 3), strides=[2, 2], kernel_shape=[3, 3], auto_pad="VALID")
    x = batch_norm_parts(g, x, 8, "NCHW")
    x = g.op("Min", g.op("Max", x, g.const(np.float32(0))), g.const(np.float32(6)))
    x = g.op("Conv", x, g.weight(8, 1, 3, 3), g.weight(8), group=8, kernel_shape=[3, 3], auto_pad="SAME_UPPER")
    x = g.op("Clip", x, min=0.0, max=6.0)
    y = g.op("Conv", x, g.weight(8, 8, 1, 1), kernel_shape=[1, 1], auto_pad="SAME_UPPER")
    x = g.op("Add", x, y)
    x = g.op("Transpose", x, perm=[0, 2, 3, 1])
    x = g.op("ReduceMean", x, axes=[1, 2], keepdims=0)
    x = g.op("MatMul", x, g.weight(8, 5))
    x = g.op("Add", x, g.weight(5))
    g.op("Softmax", x, axis=1, out="Identity:0")
    return g.model([("input_1:0", F, ["unk__0", 32, 32, 3])], "Identity:0", 9)


@network
def keras_dense_image_op11():
    """Softmax over the last of four axes and by its negative axis (the older meaning), Shape and StridedSlice and Pack for the batch."""
    g = Graph(2, "model/")
    x = g.op("Conv", g.op("Transpose", "x:0", perm=[0, 3, 1, 2]), g.weight(6, 3, 3, 3), g.weight(6), auto_pad="SAME_LOWER", strides=[2, 2])
    x = g.op("LeakyRelu", x, alpha=0.3)
    x = g.op("Transpose", x, perm=[0, 2, 3, 1])
    gate = g.op("Softmax", x, axis=-1)
    x = g.op("Mul", x, gate)
    shape = g.op("Cast", g.op("Shape", x), to=I32)
    rows = g.op("Squeeze", g.op("Slice", shape, g.const(np.array([0], np.int32)), g.const(np.array([1], np.int32)), g.const(np.array([0], np.int32))), axes=[0])
    packed = g.op("Concat", g.op("Unsqueeze", rows, axes=[0]), g.const(np.array([8 * 8 * 6], np.int32)), axis=0)
    x = g.op("Reshape", x, g.op("Cast", packed, to=I64))
    x = g.op("Gemm", x, g.weight(384, 5), g.weight(5))
    g.op("Softmax", x, axis=-1, out="Identity:0")
    return g.model([("x:0", F, [-1, 16, 16, 3])], "Identity:0", 11)


@network
def keras_squeeze_excite_op13():
    """GlobalAveragePool and Squeeze, a swish, Expand by the batch's size, axes as inputs, a softmax written out."""
    g = Graph(3, "functional_1/")
    x = g.op("Transpose", "image", perm=[0, 3, 1, 2])
    x = g.op("Conv", x, g.weight(8, 3, 3, 3), g.weight(8), pads=[0, 0, 1, 1], strides=[2, 2])
    x = g.op("Mul", x, g.op("Sigmoid", x))
    s = g.op("Squeeze", g.op("GlobalAveragePool", x), g.ints(2, 3))
    s = g.op("Relu", g.op("Add", g.op("MatMul", s, g.weight(8, 4)), g.weight(4)))
    s = g.op("HardSigmoid", g.op("Add", g.op("MatMul", s, g.weight(4, 8)), g.weight(8)), alpha=0.2, beta=0.5)
    s = g.op("Unsqueeze", s, g.ints(2, 3))
    x = g.op("Mul", x, g.op("Expand", s, g.op("Shape", x)))
    x = g.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
    x = g.op("ReduceMax", x, axes=[2, 3], keepdims=0)
    x = g.op("Add", g.op("MatMul", x, g.weight(8, 5)), g.weight(5))
    e = g.op("Exp", g.op("Sub", x, g.op("ReduceMax", x, axes=[-1], keepdims=1)))
    g.op("Div", e, g.op("ReduceSum", e, g.ints(-1), keepdims=1), out="Identity")
    return g.model([("image", F, ["N", 18, 18, 3])], "Identity", 13)


@network
def keras_lstm_op10():
    """An LSTM over time with the batch in the middle, initial states made from the batch's size, tokens given as floats."""
    g = Graph(4, "sequential/")
    tokens = g.op("Cast", "embedding_input:0", to=I32)
    x = g.op("Gather", g.weight(30, 8, scale=1), tokens, axis=0)
    x = g.op("Transpose", x, perm=[1, 0, 2])
    batch = g.op("Slice", g.op("Shape", x), g.ints(1), g.ints(2), g.ints(0))
    zeros = g.op("ConstantOfShape", g.op("Concat", g.ints(1), batch, g.ints(6), axis=0), value=helper.make_tensor("v", F, [1], [0.0]))
    y = g.op("LSTM", x, g.weight(1, 24, 8), g.weight(1, 24, 6), g.weight(1, 48), "", zeros, zeros, outputs=3, hidden_size=6)
    h = g.op("Squeeze", y[1], axes=[0])
    h = g.op("Add", g.op("MatMul", h, g.weight(6, 5)), g.weight(5))
    g.op("Softmax", h, axis=1, out="Identity:0")
    return g.model([("embedding_input:0", F, ["unk", 7])], "Identity:0", 10)


@network
def keras_gru_image_rows_op12():
    """A bidirectional GRU over an image's rows, its last outputs taken by Slice with a negative index."""
    g = Graph(5, "m/")
    x = g.op("Reshape", "rows", g.ints(-1, 12, 36))
    x = g.op("Transpose", x, perm=[1, 0, 2])
    y = g.op("GRU", x, g.weight(2, 18, 36), g.weight(2, 18, 6), g.weight(2, 36), outputs=2, hidden_size=6, direction="bidirectional", linear_before_reset=1)
    y = g.op("Transpose", y[0], perm=[2, 0, 1, 3])
    y = g.op("Reshape", y, g.ints(0, 12, 12))
    y = g.op("Slice", y, g.ints(-1), g.ints(np.iinfo(np.int32).max), g.ints(1))
    y = g.op("Squeeze", y, axes=[1])
    g.op("Gemm", y, g.weight(5, 12), g.weight(5), transB=1, out="logits")
    return g.model([("rows", F, ["N", 12, 12, 3])], "logits", 12)


@network
def keras_attention_op15():
    """A vision transformer of Keras: patches by Conv and Reshape, class token by Tile, Einsum attention, LayerNormalization in parts."""
    g = Graph(6, "vit/")
    x = g.op("Conv", g.op("Transpose", "in", perm=[0, 3, 1, 2]), g.weight(16, 3, 4, 4), g.weight(16), strides=[4, 4])
    x = g.op("Reshape", g.op("Transpose", x, perm=[0, 2, 3, 1]), g.ints(0, -1, 16))
    batch = g.op("Gather", g.op("Shape", x), g.const(np.int64(0)), axis=0)
    repeats = g.op("Concat", g.op("Unsqueeze", batch, g.ints(0)), g.ints(1), g.ints(1), axis=0)
    x = g.op("Concat", g.op("Tile", g.weight(1, 1, 16), repeats), x, axis=1)
    x = g.op("Add", x, g.weight(1, 17, 16))

    def norm(x):
        centred = g.op("Sub", x, g.op("ReduceMean", x, axes=[-1], keepdims=1))
        variance = g.op("ReduceMean", g.op("Mul", centred, centred), axes=[-1], keepdims=1)
        inverse = g.op("Reciprocal", g.op("Sqrt", g.op("Add", variance, g.const(np.float32(1e-6)))))
        return g.op("Add", g.op("Mul", g.op("Mul", centred, inverse), g.weight(16)), g.weight(16))

    y = norm(x)
    q, k, v = (g.op("Einsum", y, g.weight(16, 2, 8), equation="abc,cde->abde") for _ in range(3))
    a = g.op("Einsum", g.op("Mul", q, g.const(np.float32(8 ** -0.5))), k, equation="aecd,abcd->acbe")
    a = g.op("Softmax", g.op("Transpose", a, perm=[0, 1, 3, 2]), axis=-1)
    y = g.op("Einsum", a, v, equation="acbe,aecd->abcd")
    x = g.op("Add", x, g.op("Einsum", y, g.weight(2, 8, 16), equation="abcd,cde->abe"))
    h = g.op("Add", g.op("MatMul", norm(x), g.weight(16, 32)), g.weight(32))
    h = g.op("Mul", g.op("Mul", h, g.const(np.float32(0.5))), g.op("Add", g.op("Erf", g.op("Div", h, g.const(np.float32(2 ** 0.5)))), g.const(np.float32(1))))
    x = g.op("Add", x, g.op("MatMul", h, g.weight(32, 16)))
    x = g.op("Gather", norm(x), g.const(np.int64(0)), axis=1)
    g.op("Add", g.op("MatMul", x, g.weight(16, 5)), g.weight(5), out="Identity")
    return g.model([("in", F, ["N", 16, 16, 3])], "Identity", 15)


@network
def old_pytorch_op7():
    """IR 3 with weights as inputs, Dropout and BatchNormalization and Upsample and Pad in their old forms, Reshape after Shape."""
    g = Graph(7)
    x = g.op("Conv", "input", g.weight(8, 3, 3, 3), g.weight(8), pads=[1, 1, 1, 1], kernel_shape=[3, 3])
    parameters = [g.const(g.random.rand(8).astype(np.float32) + 0.5) for _ in range(4)]
    x = g.op("BatchNormalization", x, *parameters, epsilon=1e-3, momentum=0.9)
    x = g.op("PRelu", x, g.const(np.full((8, 1, 1), 0.2, np.float32)))
    x = g.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    y = g.op("Upsample", x, mode="nearest", scales=[1.0, 1.0, 2.0, 2.0])
    y = g.op("AveragePool", y, kernel_shape=[2, 2], strides=[2, 2])
    x = g.op("Concat", x, g.op("Elu", y, alpha=0.5), axis=1)
    x = g.op("Pad", x, pads=[0, 0, 1, 0, 0, 0, 0, 2], mode="edge")
    x = g.op("LRN", x, size=3, alpha=0.1, beta=0.75, bias=1.0)
    first, second = g.op("Split", x, outputs=2, axis=1, split=[6, 10])
    x = g.op("Sum", g.op("Slice", second, axes=[1], starts=[-6], ends=[9223372036854775807]), first, first)
    x = g.op("GlobalMaxPool", x)
    rows = g.op("Gather", g.op("Shape", x), g.const(np.int64(0)), axis=0)
    x = g.op("Reshape", x, g.op("Concat", g.op("Unsqueeze", rows, axes=[0]), g.ints(-1), axis=0))
    x = g.op("Dropout", x, ratio=0.5)
    x = g.op("Gemm", x, g.weight(5, 6), g.weight(5), transB=1, alpha=1.0, beta=1.0)
    g.op("LogSoftmax", x, axis=1, out="output")
    model = g.model([("input", F, ["batch", 3, 16, 16])], "output", 7, ir=3)
    model.graph.input.extend(helper.make_tensor_value_info(w.name, w.data_type, w.dims) for w in model.graph.initializer)
    return model


@network
def bert_fused_op12():
    """An encoder as the optimiser of transformers leaves it: EmbedLayerNormalization, Attention, SkipLayerNormalization, BiasGelu."""
    g, ms = Graph(8), {"domain": "com.microsoft"}
    ids, mask = (g.op("Cast", name, to=I32) for name in ("input_ids", "attention_mask"))
    segments = g.op("Mul", ids, g.const(np.int32(0)))
    names = g.op(
        "EmbedLayerNormalization", ids, segments, g.weight(40, 16, scale=1), g.weight(12, 16), g.weight(2, 16), g.weight(16), g.weight(16), mask,
        outputs=2, epsilon=1e-5, **ms)
    x, lengths = names
    for _ in range(2):
        a = g.op("Attention", x, g.weight(16, 48), g.weight(48), lengths, num_heads=2, **ms)
        a = g.op("MatMul", a, g.weight(16, 16))
        x = g.op("SkipLayerNormalization", a, x, g.weight(16), g.weight(16), g.weight(16), epsilon=1e-5, **ms)
        h = g.op("BiasGelu", g.op("MatMul", x, g.weight(16, 32)), g.weight(32), **ms)
        x = g.op("SkipLayerNormalization", g.op("MatMul", h, g.weight(32, 16)), x, g.weight(16), g.weight(16), g.weight(16), epsilon=1e-5, **ms)
    x = g.op("Gather", x, g.const(np.int64(0)), axis=1)
    x = g.op("Tanh", g.op("FusedGemm", x, g.weight(16, 16), g.weight(16), activation="Relu", **ms))
    g.op("Gemm", x, g.weight(16, 5), g.weight(5), out="logits")
    return g.model([(name, I64, ["batch", 10]) for name in ("input_ids", "attention_mask")], "logits", 12, domains=["com.microsoft"])


@network
def distilbert_mask_op11():
    """Attention masks as DistilBERT writes them: Equal, Reshape and Expand by shapes, Where with minus infinity."""
    g = Graph(9)
    x = g.op("Gather", g.weight(40, 16, scale=1), "input_ids", axis=0)
    length = g.op("Gather", g.op("Shape", "input_ids"), g.const(np.int64(1)), axis=0)
    positions = g.op("Slice", g.const(np.arange(32)[None]), g.ints(0), g.op("Unsqueeze", length, axes=[0]), g.ints(1))
    x = g.op("Add", x, g.op("Gather", g.weight(32, 16), positions, axis=0))
    batch = g.op("Unsqueeze", g.op("Gather", g.op("Shape", x), g.const(np.int64(0)), axis=0), axes=[0])
    steps = g.op("Unsqueeze", length, axes=[0])
    heads = g.op("Concat", batch, g.ints(-1, 2, 8), axis=0)

    def split(name, perm):
        return g.op("Transpose", g.op("Reshape", g.op("Add", g.op("MatMul", x, g.weight(16, 16)), g.weight(16)), heads), perm=perm)

    q, k, v = split("q", [0, 2, 1, 3]), split("k", [0, 2, 3, 1]), split("v", [0, 2, 1, 3])
    scores = g.op("MatMul", g.op("Div", q, g.const(np.float32(8 ** 0.5))), k)
    hidden = g.op("Equal", "attention_mask", g.const(np.int64(0)))
    hidden = g.op("Cast", g.op("Reshape", hidden, g.op("Concat", batch, g.ints(1, 1), steps, axis=0)), to=F)
    hidden = g.op("Cast", g.op("Expand", hidden, g.op("Shape", scores)), to=TensorProto.BOOL)
    scores = g.op("Where", hidden, g.const(np.float32(-np.inf)), scores)
    y = g.op("Transpose", g.op("MatMul", g.op("Softmax", scores, axis=3), v), perm=[0, 2, 1, 3])
    x = g.op("Add", x, g.op("Reshape", y, g.op("Concat", batch, g.ints(-1, 16), axis=0)))
    weights = g.op("Unsqueeze", g.op("Cast", "attention_mask", to=F), axes=[2])
    x = g.op("Div", g.op("ReduceSum", g.op("Mul", x, weights), axes=[1]), g.op("ReduceSum", weights, axes=[1]), out=None)
    x = g.op("Squeeze", x, axes=[1])
    g.op("Gemm", x, g.weight(16, 5), g.weight(5), out="logits")
    return g.model([(name, I64, ["batch", "sequence"]) for name in ("input_ids", "attention_mask")], "logits", 11)


@network
def half_precision_op13():
    """Weights and values in float16 between casts, as converters to half precision leave them."""
    g = Graph(10)

    def half(*shape):
        return g.const((g.random.randn(*shape) * 0.2).astype(np.float16))

    x = g.op("Cast", "x", to=TensorProto.FLOAT16)
    x = g.op("Relu", g.op("Conv", x, half(8, 3, 3, 3), half(8), pads=[1, 1, 1, 1], strides=[2, 2]))
    parameters = [g.const(g.random.rand(8).astype(np.float16) + np.float16(0.5)) for _ in range(4)]
    x = g.op("BatchNormalization", x, *parameters)
    x = g.op("Flatten", g.op("GlobalAveragePool", x))
    x = g.op("Gemm", x, half(8, 5), half(5))
    g.op("Cast", x, to=F, out="logits")
    return g.model([("x", F, ["N", 3, 12, 12])], "logits", 13)


@network
def dynamic_quantised_op11():
    """What OnnxRuntime's dynamic quantising writes: DynamicQuantizeLinear, MatMulInteger and ConvInteger, Cast, Mul."""
    g = Graph(11)

    def scaled(kind, x, weight, zero, scale, **attributes):
        q, s, z = g.op("DynamicQuantizeLinear", x, outputs=3)
        y = g.op("Cast", g.op(kind, q, weight, z, zero, **attributes), to=F)
        return g.op("Mul", y, g.op("Mul", s, g.const(np.float32(scale))))

    weight = g.const(g.random.randint(0, 255, (6, 3, 3, 3)).astype(np.uint8))
    x = scaled("ConvInteger", "x", weight, g.const(np.uint8(128)), 0.003, pads=[1, 1, 1, 1])
    x = g.op("Relu", g.op("Add", x, g.weight(1, 6, 1, 1)))
    x = g.op("Reshape", g.op("MaxPool", x, kernel_shape=[4, 4], strides=[4, 4]), g.ints(-1, 54))
    # 7 bits: without VNNI, OnnxRuntime sums pairs of signed products in 16 bits, which larger weights overflow.
    weight = g.const((g.random.randint(-127, 127, (54, 5)) >> 1).astype(np.int8))
    x = scaled("MatMulInteger", x, weight, g.const(np.int8(0)), 0.002)
    g.op("Add", x, g.weight(5), out="logits")
    return g.model([("x", F, ["N", 3, 12, 12])], "logits", 11)


@network
def squeezed_batch_op11():
    """Exported with one image and squeezed: the batch is gone, the output is a vector. The class's number comes first."""
    g = Graph(12)
    x = g.op("Relu", g.op("Conv", "x", g.weight(8, 3, 3, 3), g.weight(8), strides=[2, 2]))
    x = g.op("Squeeze", g.op("GlobalAveragePool", x), axes=[0, 2, 3])
    x = g.op("Add", g.op("MatMul", x, g.weight(8, 5)), g.weight(5), out="scores")
    g.op("ArgMax", x, axis=0, keepdims=0, out="label")
    model = g.model([("x", F, [1, 3, 12, 12])], "label", 11)
    del model.graph.output[:]
    model.graph.output.extend([helper.make_tensor_value_info("label", I64, []), helper.make_tensor_value_info("scores", F, [5])])
    return model


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for name, make in NETWORKS.items():
        model = make()
        onnx.save(model, folder / f"{name}.onnx")


if __name__ == "__main__":
    main()
