using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Iba.Torch;

/// <summary>What a processor says of its instructions for bfloat16.</summary>
/// <param name="IsX64">Whether it is an x86-64 processor; the rest is asked of those alone.</param>
/// <param name="HasAvx512State">Whether programs may use the registers of AVX-512: the operating system and .NET must allow it, too.</param>
/// <param name="HasAvx512BFloat16">Whether it has avx512_bf16.</param>
/// <param name="HasAmxBFloat16">Whether it has amx_bf16.</param>
internal sealed record ProcessorInstructions(bool IsX64, bool HasAvx512State, bool HasAvx512BFloat16, bool HasAmxBFloat16)
{
    private const string Needed = "avx512_bf16 or amx_bf16 is needed (so lscpu names them)";

    /// <summary>This machine's.</summary>
    public static ProcessorInstructions OfThisMachine { get; } = Ask();

    /// <summary>Why it should not compute in bfloat16, as a clause; null: it should.</summary>
    public string? LackingBFloat16
    {
        get
        {
            if (!IsX64) return $"this processor is {RuntimeInformation.ProcessArchitecture}, and one with x86-64's {Needed}";
            if (!HasAvx512BFloat16 && !HasAmxBFloat16) return $"this processor has no instructions for bfloat16: {Needed}";
            return HasAvx512State ? null : $"this processor has instructions for bfloat16, but the operating system or .NET has AVX-512 switched off, which they need";
        }
    }

    /// <summary>Reads the answers of CPUID.</summary>
    /// <param name="hasAvx512State">Whether programs may use the registers of AVX-512.</param>
    /// <param name="edxOfLeaf7">EDX of leaf 7, of which bit 22 is amx_bf16.</param>
    /// <param name="eaxOfSubleaf1">EAX of leaf 7, subleaf 1, of which bit 5 is avx512_bf16.</param>
    public static ProcessorInstructions Of(bool hasAvx512State, int edxOfLeaf7, int eaxOfSubleaf1)
        => new(IsX64: true, hasAvx512State, (eaxOfSubleaf1 >> 5 & 1) != 0, (edxOfLeaf7 >> 22 & 1) != 0);

    private static ProcessorInstructions Ask()
    {
        if (!X86Base.X64.IsSupported) return new(false, false, false, false);
        if (X86Base.CpuId(0, 0).Eax < 7) return Of(hasAvx512State: false, 0, 0);
        var leaf7 = X86Base.CpuId(7, 0);
        return Of(Avx512F.IsSupported, leaf7.Edx, leaf7.Eax >= 1 ? X86Base.CpuId(7, 1).Eax : 0);
    }
}
