"""Runs the reference implementation for the benchmark: once for each line "go", then tells the time as JSON.

Arguments: the folder that holds the package, the network (resnet50 or vgg16), steps, noise copies, threads.
"""
import json
import re
import resource
import sys
import time
import types

import torch
import torchvision


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

name, steps, copies, threads = sys.argv[2], *map(int, sys.argv[3:6])
torch.set_num_threads(threads)  # Debian's build runs on one thread unless told otherwise.
torch.manual_seed(0)
model = torchvision.models.get_model(name, weights=None).eval()
layer = model.layer2 if name == "resnet50" else model.features[18]
bottleneck = IBA(layer, optimization_steps=steps, batch_size=copies)
bottleneck.estimate(model, [(torch.randn(4, 3, 224, 224),)])
image = torch.randn(1, 3, 224, 224)
target = model(image).argmax(1)


def explain():
    bottleneck.analyze(image, lambda copied: torch.nn.functional.cross_entropy(model(copied), target.expand(copies)), mode="capacity")


for line in sys.stdin:
    clock, processor = time.perf_counter(), time.process_time()
    explain()
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"Seconds": time.perf_counter() - clock, "ProcessorSeconds": time.process_time() - processor,
                      "ResidentBytes": 0, "PeakBytes": peak, "LiveTensors": 0}), flush=True)
