"""Runs the reference implementation for the benchmark: once for each line "go", then tells the time as JSON.

Arguments: the folder that holds the package, the network (resnet50 or vgg16), steps, noise copies, threads.
"""
import json
import resource
import sys
import time
import types

import torch
import torchvision

try:
    import skimage.transform  # noqa: F401
except ImportError:
    # The package imports it for enlarging maps, which is not timed here.
    sys.modules["skimage"] = types.ModuleType("skimage")
    sys.modules["skimage.transform"] = types.ModuleType("skimage.transform")
    sys.modules["skimage.transform"].resize = None

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
