using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Iba.Benchmarks;

/// <summary>VGG-16 (configuration D of Simonyan and Zisserman 2015) as TorchSharp modules.</summary>
internal static class Vgg16
{
    private static readonly int[][] Stages = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]];

    public static Sequential Create()
    {
        var layers = new List<Module<Tensor, Tensor>>();
        int channels = 3;
        foreach (int[] stage in Stages)
        {
            foreach (int width in stage)
            {
                layers.Add(Conv2d(channels, width, 3, padding: 1));
                layers.Add(ReLU(inplace: true));
                channels = width;
            }

            layers.Add(MaxPool2d(2, 2));
        }

        layers.AddRange([AdaptiveAvgPool2d(7), Flatten(), Linear(512 * 7 * 7, 4096), ReLU(inplace: true), Linear(4096, 4096), ReLU(inplace: true), Linear(4096, 1000)]);
        return Sequential(layers);
    }
}
