using Iba.Torch;

namespace Iba.Benchmarks;

/// <summary>A way to compute the same maps.</summary>
/// <param name="Name">As the table and the picture name it.</param>
/// <param name="OnGpu">Whether the GPU computes.</param>
/// <param name="RowsPerPass">How many photographs share a pass.</param>
/// <param name="AllowTensorFloat32">Whether the GPU may round to TensorFloat32; null: as libtorch is set.</param>
/// <param name="Precision">What the tail is computed in.</param>
internal sealed record ParitySetting(string Name, bool OnGpu, int RowsPerPass = 1, bool? AllowTensorFloat32 = false, TailPrecision Precision = TailPrecision.Float32)
{
    /// <summary>The settings of the chapter; the first is what the others are held against.</summary>
    /// <param name="photos">The number of photographs.</param>
    /// <param name="hasBFloat16">Whether the GPU multiplies bfloat16.</param>
    public static ParitySetting[] All(int photos, bool hasBFloat16) =>
    [
        new("CPU", OnGpu: false),
        new("GPU, float32", OnGpu: true),
        new($"GPU, float32, {photos} a pass", OnGpu: true, photos),
        new("GPU, TensorFloat32", OnGpu: true, AllowTensorFloat32: true),
        new("GPU, as libtorch is set", OnGpu: true, AllowTensorFloat32: null),
        .. hasBFloat16 ? [new("GPU, bfloat16", OnGpu: true, Precision: TailPrecision.BFloat16)] : Array.Empty<ParitySetting>(),
    ];

    /// <summary>The options for it.</summary>
    public BottleneckOptions Options => new()
    {
        TailPrecision = Precision,
        MaxRowsPerPass = RowsPerPass,
        Execution = { AllowTensorFloat32 = AllowTensorFloat32 },
    };
}
