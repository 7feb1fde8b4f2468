"""Makes the TorchScript files of the tests (run once, with Debian's python3-torch 1.13): python3 make_torchscript.py"""
import os

import torch
from torch import nn

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "TorchScript")


class Sequence(nn.Module):
    """Calls its children one after the other: one file is enough."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(6, 8, 3, stride=2, padding=1), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        return self.fc(self.dropout(self.flatten(self.pool(self.body(self.stem(x))))))


class Branches(nn.Module):
    """Does something between its children, so that calling them in sequence is another function."""

    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(3, 6, 3, padding=1)
        self.two = nn.Conv2d(6, 6, 3, padding=1)
        self.fc = nn.Linear(6, 4)

    def forward(self, x):
        x = torch.relu(self.one(x))
        x = x + self.two(x)
        return self.fc(x.mean(dim=[2, 3]))


class Head(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.one = network.one

    def forward(self, x):
        return torch.relu(self.one(x))


class Tail(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.two, self.fc = network.two, network.fc

    def forward(self, x):
        x = x + self.two(x)
        return self.fc(x.mean(dim=[2, 3]))


class TwoOutputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)

    def forward(self, x):
        return self.fc(x.mean(dim=[2, 3])), x


def save(module, name):
    torch.jit.script(module).save(os.path.join(FOLDER, name + ".pt"))


torch.manual_seed(0)
os.makedirs(FOLDER, exist_ok=True)
image = torch.linspace(-2, 2, 2 * 3 * 12 * 12).reshape(2, 3, 12, 12).sin()

sequence = Sequence()
sequence(torch.randn(16, 3, 12, 12))  # gives the batch norm some statistics
save(sequence, "sequence-training")  # still in training mode: dropout active
sequence.eval()
save(sequence, "sequence")
torch.jit.trace(sequence, image).save(os.path.join(FOLDER, "sequence-traced.pt"))
save(nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4), nn.Softmax(1)).eval(), "softmax")

branches = Branches().eval()
save(branches, "branches")
save(Head(branches).eval(), "head")
save(Tail(branches).eval(), "tail")
save(TwoOutputs().eval(), "two-outputs")

with open(os.path.join(FOLDER, "expected.txt"), "w", encoding="ascii") as file:
    for name, network in (("sequence", sequence), ("branches", branches)):
        for row in network(image).tolist():
            file.write(name + " " + " ".join("%.9g" % value for value in row) + "\n")
