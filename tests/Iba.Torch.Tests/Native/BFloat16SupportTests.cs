using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>What is said of processors and GPUs with and without bfloat16.</summary>
public class BFloat16SupportTests
{
    private const int AmxBit = 1 << 22, Avx512Bit = 1 << 5;

    [Theory]
    [InlineData(true, 0, Avx512Bit, null)]
    [InlineData(true, AmxBit, 0, null)]
    [InlineData(true, AmxBit, Avx512Bit, null)]
    [InlineData(true, ~AmxBit, ~Avx512Bit, "no instructions for bfloat16: avx512_bf16 or amx_bf16 is needed")]
    [InlineData(false, 0, 0, "no instructions for bfloat16: avx512_bf16 or amx_bf16 is needed")]
    [InlineData(false, AmxBit, Avx512Bit, "has AVX-512 switched off")]
    public void A_processor_needs_instructions_and_registers(bool hasState, int edx, int eax, string? lacking)
    {
        string? found = ProcessorInstructions.Of(hasState, edx, eax).LackingBFloat16;
        if (lacking == null) Assert.Null(found);
        else Assert.Contains(lacking, found!, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_architecture_lacks_it()
        => Assert.Contains("x86-64", new ProcessorInstructions(IsX64: false, false, false, false).LackingBFloat16!, StringComparison.Ordinal);

    [Fact]
    public void This_processor_answers_as_its_system_says()
    {
        // Linux lists the instructions that the processor has and the system allows.
        const string File = "/proc/cpuinfo";
        string flags = System.IO.File.Exists(File) ? System.IO.File.ReadLines(File).FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) ?? "" : "";
        if (flags.Length == 0) return;
        string[] words = flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool expected = System.Runtime.Intrinsics.X86.Avx512F.IsSupported && (words.Contains("avx512_bf16") || words.Contains("amx_bf16"));
        Assert.Equal(expected, BFloat16Support.OfThisMachine.Lacking(CPU) == null);
    }

    [Theory]
    [InlineData(7, 5, "GPU 1 has compute capability 7.5, and 8.0 or higher is needed")]
    [InlineData(8, 0, null)]
    [InlineData(9, 0, null)]
    public void A_gpu_needs_compute_capability_8(int major, int minor, string? lacking) => Assert.Equal(lacking, BFloat16Support.LackingOfGpu(1, (major, minor)));

    [Fact]
    public void A_gpu_that_nobody_knows_lacks_it()
        => Assert.Equal("the CUDA driver does not tell the compute capability of GPU 0, and 8.0 or higher is needed", BFloat16Support.LackingOfGpu(0, null));

    [Fact]
    public void A_device_is_asked_once()
    {
        int asked = 0;
        var support = new BFloat16Support(device => $"{device.type} {++asked}");
        Assert.Equal(("CPU 1", "CPU 1"), (support.Lacking(CPU), support.Lacking(CPU)));
        Assert.Equal("CUDA 2", support.Lacking(new Device(DeviceType.CUDA, 1)));
    }
}
