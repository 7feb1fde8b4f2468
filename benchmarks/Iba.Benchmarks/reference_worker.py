"""Runs the reference implementation for the benchmark: answers each line "warm up" (one step) or "run" with the time as JSON.

Arguments: the folder that holds the package IBA, the network (efficientnet-lite0, resnet50 or vgg16), steps, noise copies, threads.
Needs torch and torchvision. Weights are random: speed does not depend on their values.
"""
import json
import re
import resource
import sys
import time
import types
import warnings

import torch
import torchvision
from torch import nn


def stand_in(name, **members):
    """Stands in for a small module that the package imports and this system may lack."""
    module = types.ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module
    return module


try:
    import packaging.version  # noqa: F401
except ImportError:
    version = stand_in("packaging.version", parse=lambda text: tuple(int(number) for number in re.findall(r"\d+", text)[:2]))
    stand_in("packaging", version=version)
try:
    import skimage.transform  # noqa: F401
except ImportError:
    # Enlarges maps, which is not timed here.
    stand_in("skimage", transform=stand_in("skimage.transform", resize=None))

sys.path.insert(0, sys.argv[1])
from IBA.pytorch import IBA  # noqa: E402


def convolution(channels, width, kernel=1, stride=1, groups=1, relu=True):
    """Convolution, batch normalisation and, unless it ends a block, ReLU6."""
    layers = [nn.Conv2d(channels, width, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(width)]
    return nn.Sequential(*layers, nn.ReLU6(inplace=True)) if relu else nn.Sequential(*layers)


class Block(nn.Module):
    """An inverted residual without squeeze and excitation."""

    def __init__(self, channels, width, kernel, stride, expansion):
        super().__init__()
        inner = channels * expansion
        expand = [convolution(channels, inner)] if expansion > 1 else []
        self.layers = nn.Sequential(*expand, convolution(inner, inner, kernel, stride, groups=inner), convolution(inner, width, relu=False))
        self.adds = stride == 1 and channels == width

    def forward(self, features):
        return features + self.layers(features) if self.adds else self.layers(features)


def efficientnet_lite0():
    """The architecture of efficientnet-lite0.onnx."""
    stages = [(16, 3, 1, 1, 1), (24, 3, 2, 6, 2), (40, 5, 2, 6, 2), (80, 3, 2, 6, 3), (112, 5, 1, 6, 3), (192, 5, 2, 6, 4), (320, 3, 1, 6, 1)]
    blocks, channels = [], 32
    for width, kernel, stride, expansion, count in stages:
        for index in range(count):
            blocks.append(Block(channels, width, kernel, stride if index == 0 else 1, expansion))
            channels = width
    return nn.Sequential(convolution(3, 32, 3, 2), nn.Sequential(*blocks), convolution(320, 1280),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


networks = {
    "efficientnet-lite0": (efficientnet_lite0, lambda model: model[1][4]),
    "resnet50": (torchvision.models.resnet50, lambda model: model.layer2),
    "vgg16": (torchvision.models.vgg16, lambda model: model.features[18]),
}
name, steps, copies, threads = sys.argv[2], *map(int, sys.argv[3:6])
torch.set_num_threads(threads)  # Debian's build runs on one thread unless told otherwise.
torch.manual_seed(0)
warnings.filterwarnings("ignore", message="Selected estimator was only fitted")
create, layer_of = networks[name]
model = create().eval()
bottleneck = IBA(layer_of(model), batch_size=copies)
bottleneck.estimate(model, [(torch.randn(4, 3, 224, 224),)])
image = torch.randn(1, 3, 224, 224)
target = model(image).argmax(1).expand(copies)


def loss(images):
    return nn.functional.cross_entropy(model(images), target)


for line in sys.stdin:
    clock, processor = time.perf_counter(), time.process_time()
    bottleneck.analyze(image, loss, mode="capacity", optimization_steps=1 if line.strip() == "warm up" else steps)
    times = {"Seconds": time.perf_counter() - clock, "ProcessorSeconds": time.process_time() - processor}
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**times, "ResidentBytes": 0, "PeakBytes": peak, "LiveTensors": 0}), flush=True)
