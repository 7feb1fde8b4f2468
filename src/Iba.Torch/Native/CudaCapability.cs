using System.Runtime.InteropServices;

namespace Iba.Torch;

/// <summary>The compute capability of GPUs, from the CUDA driver: TorchSharp does not tell it.</summary>
internal static unsafe class CudaCapability
{
    private const int Success = 0, MajorAttribute = 75, MinorAttribute = 76;

    /// <summary>The compute capability of a GPU; null: there is no driver, or no such GPU.</summary>
    /// <param name="index">The GPU's number, as CUDA counts those that the process may use.</param>
    public static (int Major, int Minor)? Of(int index)
    {
        // The driver stays loaded: libtorch uses it.
        if (!NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda" : "libcuda.so.1", out nint driver)) return null;
        if (!NativeLibrary.TryGetExport(driver, "cuInit", out nint initialise)
            || !NativeLibrary.TryGetExport(driver, "cuDeviceGet", out nint get)
            || !NativeLibrary.TryGetExport(driver, "cuDeviceGetAttribute", out nint attribute))
        {
            return null;
        }

        int device = 0, major = 0, minor = 0;
        bool told = ((delegate* unmanaged<uint, int>)initialise)(0) == Success
            && ((delegate* unmanaged<int*, int, int>)get)(&device, index) == Success
            && ((delegate* unmanaged<int*, int, int, int>)attribute)(&major, MajorAttribute, device) == Success
            && ((delegate* unmanaged<int*, int, int, int>)attribute)(&minor, MinorAttribute, device) == Success;
        return told ? (major, minor) : null;
    }
}
