#!/usr/bin/python3
"""Writes the benchmark's larger networks, ResNet-50 and VGG-16 with random weights, as ONNX files into the given folder.

Needs Debian's packages python3-torch, python3-torchvision and python3-onnx. Speed does not depend on the weights' values.
Batch normalisation stays in the file, as it stays in the network that the reference implementation runs.
"""
import sys
from pathlib import Path

import torch
import torchvision

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
sizes = {"resnet50": {0: "N", 2: "H", 3: "W"}, "vgg16": {0: "N"}}  # The sizes that an image may have.
for name in sizes:
    torch.manual_seed(0)
    model = torchvision.models.get_model(name, weights=None).eval()
    torch.onnx.export(model, torch.zeros(1, 3, 224, 224), folder / f"{name}.onnx", opset_version=17,
                      input_names=["images"], output_names=["logits"],
                      dynamic_axes={"images": sizes[name], "logits": {0: "N"}},
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    print(folder / f"{name}.onnx")
