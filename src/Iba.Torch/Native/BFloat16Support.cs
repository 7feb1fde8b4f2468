using System.Collections.Concurrent;
using TorchSharp;

namespace Iba.Torch;

/// <summary>Whether devices have instructions for bfloat16, asked at run time. Without them libtorch computes it more slowly than float32.</summary>
/// <param name="lacking">Says what a device lacks, as a clause; null: nothing.</param>
internal sealed class BFloat16Support(Func<torch.Device, string?> lacking)
{
    private readonly ConcurrentDictionary<(DeviceType Type, int Index), string?> _known = new();

    /// <summary>That of the processor and the GPUs here.</summary>
    public static BFloat16Support OfThisMachine { get; } = new(Ask);

    /// <summary>Why a device should not compute in bfloat16, as a clause with what was found and what is needed; null: it should.</summary>
    /// <param name="device">The device on which the network lies.</param>
    public string? Lacking(torch.Device device) => _known.GetOrAdd((device.type, device.index), _ => lacking(device));

    private static string? Ask(torch.Device device) => device.type switch
    {
        DeviceType.CPU => ProcessorInstructions.OfThisMachine.LackingBFloat16,
        DeviceType.CUDA => LackingOfGpu(device.index, CudaCapability.Of(device.index)),
        _ => $"the device {device} is neither a processor nor a CUDA GPU, of which alone it is known",
    };

    /// <summary>Why a GPU of a compute capability should not.</summary>
    /// <param name="index">The GPU's number.</param>
    /// <param name="capability">Its compute capability; null: the driver does not tell it.</param>
    internal static string? LackingOfGpu(int index, (int Major, int Minor)? capability) => capability switch
    {
        null => $"the CUDA driver does not tell the compute capability of GPU {index}, and 8.0 or higher is needed",
        { Major: < 8 } found => $"GPU {index} has compute capability {found.Major}.{found.Minor}, and 8.0 or higher is needed",
        _ => null,
    };
}
