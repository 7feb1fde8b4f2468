using Iba.Torch;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ExplainTorchModule;

/// <summary>Builds the module: before training, and when a model file is loaded.</summary>
public sealed class ShapeNetwork : IModuleFactory
{
    public Module<Tensor, Tensor> Create() => Sequential(
        ("conv1", Conv2d(1, 16, 5, padding: 2)),
        ("relu1", ReLU()),
        ("pool1", MaxPool2d(2)),
        ("conv2", Conv2d(16, 32, 3, padding: 1)),
        ("relu2", ReLU()),
        ("pool2", MaxPool2d(2)),
        ("conv3", Conv2d(32, 32, 3, padding: 1)),
        ("relu3", ReLU()),
        ("pool3", AdaptiveMaxPool2d([1, 1])),
        ("flatten", Flatten()),
        ("fc", Linear(32, 4)));
}
