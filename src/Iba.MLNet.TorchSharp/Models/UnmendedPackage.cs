using Microsoft.ML.TorchSharp;
using static TorchSharp.torch;

namespace Iba.MLNet.TorchSharp;

/// <summary>What is told where the assembly of Microsoft.ML.TorchSharp was not mended (see build/Iba.MLNet.TorchSharp.targets).</summary>
internal static class UnmendedPackage
{
    public static string Message =>
        $"Microsoft.ML.TorchSharp disposes the weights of its own networks on TorchSharp {Version(typeof(Tensor))}: it was built for 0.102. Set " +
        "<MendMicrosoftMLTorchSharp>true</MendMicrosoftMLTorchSharp> in the project file of the application, which mends a copy of " +
        $"{typeof(TorchSharpCatalog).Assembly.GetName().Name}.dll in its build, and build and train again.";

    private static string Version(Type type) => type.Assembly.GetName().Version!.ToString(3);
}
