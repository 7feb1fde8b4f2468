#!/usr/bin/env python3
"""Writes small classifiers with PyTorch's TorchScript exporter: what its own operators become at older opsets.

Made with PyTorch 1.13. The weights are random with fixed seeds. Usage: export_networks.py [folder]
"""
import pathlib
import sys
import warnings
from typing import List

import torch
import torch.nn as nn
import torch.nn.functional as F

warnings.filterwarnings("ignore")
IMAGES, TOKENS = torch.randn(2, 3, 12, 12), torch.randint(0, 30, (2, 9))


class Network(nn.Module):
    """A network as one function; its modules are arguments, so that they are registered."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, *inputs):
        return self.function(self, *inputs)


def convolutional(middle, **modules):
    """A convolution, what is tried out, and a classifier after it."""
    return Network(
        lambda net, x: net.head(middle(net, F.relu(net.stem(x))).flatten(1)), stem=nn.Conv2d(3, 8, 3, padding=1), head=nn.LazyLinear(5), **modules)


def recurrent(module, take):
    return Network(lambda net, ids: net.head(take(net.body(net.embedding(ids)))), embedding=nn.Embedding(30, 8), body=module, head=nn.LazyLinear(5))


def top_tokens(net, x):
    tokens = x.flatten(2).transpose(1, 2)
    best = net.score(tokens).squeeze(-1).topk(20, 1)[1]
    return tokens.gather(1, best.unsqueeze(-1).expand(-1, -1, 8))


def assigned(net, x):
    y = x.clone()
    y[:, :, 3:7, 2] = x[:, :, 1:5, 0] * 2
    y[:, 1] = 0
    return F.avg_pool2d(y, 2)


def transformed(net, x):
    grid = net.where(x.flatten(1)).view(-1, 2, 3) @ net.base.transpose(1, 2)
    return F.grid_sample(x, grid.transpose(1, 2).reshape(-1, 12, 12, 2)).flatten(1)


class Loops(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.next, self.head = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1), nn.Linear(8, 5)

    def forward(self, x):
        x = F.relu(self.first(x))
        n = 0
        while n < x.size(2) // 4:
            x = x * 0.9 + 0.1 * F.relu(self.next(x)) * n
            n += 1
        if x.size(3) > 10:
            x = x * 2
        else:
            x = x + 1
        return self.head(x.mean([2, 3]))


class Lists(nn.Module):
    def __init__(self):
        super().__init__()
        self.step, self.head = nn.Linear(12, 8), nn.Linear(8, 5)

    def forward(self, x):
        outputs: List[torch.Tensor] = []
        rows = x.flatten(1, 2)
        state = torch.zeros(x.size(0), 8)
        for i in range(rows.size(1)):
            state = torch.tanh(self.step(rows[:, i]) + state)
            outputs.append(state)
        return self.head(torch.stack(outputs, 1).mean(1))


def networks():
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    yield "torch_lstm", 11, recurrent(nn.LSTM(8, 6, 2, batch_first=True, bidirectional=True), lambda y: y[0].mean(1)), TOKENS
    yield "torch_gru", 9, recurrent(nn.GRU(8, 6, batch_first=True), lambda y: y[0][:, -1]), TOKENS
    yield "torch_rnn_state", 14, recurrent(nn.RNN(8, 6, batch_first=True, nonlinearity="relu"), lambda y: y[1][-1]), TOKENS
    yield "torch_encoder_mask", 10, Network(
        lambda net, ids: net.head(net.body(net.embedding(ids), src_key_padding_mask=ids == 0).mean(1)),
        embedding=nn.Embedding(30, 8, padding_idx=0), body=nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), head=nn.Linear(8, 5)), TOKENS
    yield "torch_attention", 12, Network(
        lambda net, x: net.head(net.body(*[net.project(x.flatten(1, 2))] * 3)[0].mean(1)),
        project=nn.Linear(12, 8), body=nn.MultiheadAttention(8, 2, batch_first=True, add_bias_kv=True), head=nn.Linear(8, 5)), IMAGES
    yield "torch_embedding_bag", 11, Network(lambda net, ids: net.head(F.relu(net.bag(ids))), bag=nn.EmbeddingBag(30, 8), head=nn.Linear(8, 5)), TOKENS
    yield "torch_top_tokens", 13, convolutional(top_tokens, score=nn.Linear(8, 1)), IMAGES
    yield "torch_assigned", 11, convolutional(assigned), IMAGES
    yield "torch_unfold", 16, convolutional(lambda net, x: F.unfold(x, 3, padding=1, stride=4)), IMAGES
    yield "torch_roll_group_norm", 9, convolutional(lambda net, x: F.avg_pool2d(net.norm(torch.roll(x, (3, -2), (2, 3))), 3, 2, 1, count_include_pad=False), norm=nn.GroupNorm(4, 8)), IMAGES
    yield "torch_pixel_shuffle", 9, convolutional(lambda net, x: F.interpolate(F.pixel_shuffle(x, 2), scale_factor=1.5, mode="nearest")), IMAGES
    yield "torch_statistics", 12, convolutional(lambda net, x: torch.cat([x.std((2, 3)), x.norm(dim=(2, 3)), x.logsumexp(1).flatten(1), x.cumsum(1)[:, -1].flatten(1)], 1)), IMAGES
    yield "torch_spatial_transformer", 16, Network(
        lambda net, x: net.head(transformed(net, x)), where=nn.Linear(432, 6), base=nn.Parameter(torch.rand(1, 144, 3) * 2 - 1), head=nn.Linear(432, 5)), IMAGES
    yield "torch_script_loops", 11, torch.jit.script(Loops()), IMAGES
    yield "torch_script_lists", 13, torch.jit.script(Lists()), IMAGES


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    torch.manual_seed(1)
    for name, opset, net, example in networks():
        net.eval()(example)
        # Every second one with a fixed batch.
        fixed = opset % 2 == 1
        torch.onnx.export(
            net, example[:1] if fixed else example, str(folder / f"{name}_op{opset}.onnx"), opset_version=opset, do_constant_folding=opset % 3 > 0,
            input_names=["input"], output_names=["output"], dynamic_axes=None if fixed else {"input": {0: "batch"}, "output": {0: "batch"}})


if __name__ == "__main__":
    main()
