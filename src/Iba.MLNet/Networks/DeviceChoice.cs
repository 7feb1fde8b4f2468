using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>Where a network runs: chosen anew in every process, never saved.</summary>
internal static class DeviceChoice
{
    /// <summary>The device that the options or the context name; null: leave the network where it lies.</summary>
    /// <param name="host">The host; its environment's GPU counts where the options name none.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="InvalidOperationException">There is no such GPU, and no falling back to the CPU.</exception>
    public static torch.Device? Resolve(IHost host, ExecutionOptions options)
    {
        var environment = host as IHostEnvironmentInternal;
        if ((options.GpuDeviceId ?? environment?.GpuDeviceId) is not { } id) return null;
        int count = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (id >= 0 && id < count) return new torch.Device(DeviceType.CUDA, id);
        if (!(options.FallbackToCpu ?? environment?.FallbackToCpu ?? false))
        {
            throw host.Except(
                $"GPU {id} was asked for, but libtorch sees {count} of them here. Reference a CUDA build of libtorch, or set FallbackToCpu.");
        }

        using var channel = host.Start("Device");
        channel.Warning("GPU {0} was asked for, but libtorch sees {1} of them here: running on the CPU.", id, count);
        return torch.CPU;
    }
}
