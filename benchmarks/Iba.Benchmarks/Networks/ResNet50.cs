using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Iba.Benchmarks;

/// <summary>ResNet-50 (He et al. 2016, stride in the 3x3 convolution) as TorchSharp modules.</summary>
internal sealed class ResNet50 : Module<Tensor, Tensor>
{
    private readonly Sequential layers;

    public ResNet50()
        : base(nameof(ResNet50))
    {
        layers = Sequential(
            [
                Conv2d(3, 64, 7, stride: 2, padding: 3, bias: false), BatchNorm2d(64), ReLU(inplace: true), MaxPool2d(3, 2, padding: 1),
                .. Stage(64, 64, blocks: 3, stride: 1), .. Stage(256, 128, blocks: 4, stride: 2),
                .. Stage(512, 256, blocks: 6, stride: 2), .. Stage(1024, 512, blocks: 3, stride: 2),
                AdaptiveAvgPool2d(1), Flatten(), Linear(2048, 1000),
            ]);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => layers.call(input);

    private static IEnumerable<Module<Tensor, Tensor>> Stage(int channels, int width, int blocks, int stride)
        => Enumerable.Range(0, blocks).Select(block => new Block(block == 0 ? channels : 4 * width, width, block == 0 ? stride : 1));

    /// <summary>Three convolutions beside a short cut.</summary>
    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly Sequential convolutions;
        private readonly Sequential? shortcut;

        public Block(int channels, int width, int stride)
            : base(nameof(Block))
        {
            convolutions = Sequential(
                Conv2d(channels, width, 1, bias: false), BatchNorm2d(width), ReLU(inplace: true),
                Conv2d(width, width, 3, stride: stride, padding: 1, bias: false), BatchNorm2d(width), ReLU(inplace: true),
                Conv2d(width, 4 * width, 1, bias: false), BatchNorm2d(4 * width));
            if (stride > 1 || channels != 4 * width)
            {
                shortcut = Sequential(Conv2d(channels, 4 * width, 1, stride: stride, bias: false), BatchNorm2d(4 * width));
            }

            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return convolutions.call(input).add_(shortcut?.call(input) ?? input).relu_().MoveToOuterDisposeScope();
        }
    }
}
