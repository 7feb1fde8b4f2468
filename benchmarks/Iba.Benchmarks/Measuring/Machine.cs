using System.Globalization;
using System.Runtime.InteropServices;
using Iba.Torch;
using TorchSharp;

namespace Iba.Benchmarks;

/// <summary>What the figures depend on beside the code.</summary>
internal static class Machine
{
    /// <summary>Lines of "what: value".</summary>
    /// <param name="settings">What the command line asks for.</param>
    /// <param name="method">Steps and copies, where a chapter has its own.</param>
    public static IEnumerable<(string What, string Value)> Describe(BenchmarkSettings settings, string? method)
    {
        yield return ("Processor", $"{Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString()}, {Environment.ProcessorCount} cores seen");
        if (Field("/proc/cpuinfo", "flags") is { } flags) yield return ("Vector instructions", string.Join(", ", flags.Split(' ').Where(flag => flag is "avx2" or "avx512f" or "avx512_bf16" or "amx_tile")));
        if (settings.OnGpu) yield return ("GPU", Gpu());
        yield return ("Memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB");
        yield return ("System", RuntimeInformation.OSDescription.Trim());
        yield return (".NET", RuntimeInformation.FrameworkDescription);
        yield return ("TorchSharp, libtorch", $"{Version(typeof(torch))}, {torch.__version__}");
        yield return ("ML.NET", Version(typeof(Microsoft.ML.MLContext)));
        yield return ("Iba.MLNet", Version(typeof(PerSampleBottleneck)));
        yield return ("Threads", $"{settings.Threads} (`OMP_NUM_THREADS`), `OMP_WAIT_POLICY=PASSIVE`");
        yield return ("Method", $"{method ?? $"T = {settings.Steps} steps, K = {settings.Copies} noise copies"}, sigma 1, beta 10, Adam, float32; rounds: {settings.Rounds}");
        yield return ("Load of the machine before / after", $"{settings.LoadBefore} / {Load()}");
    }

    public static bool HasGpu()
    {
        TorchLibrary.EnsureLoaded();
        return torch.cuda.is_available();
    }

    /// <summary>The load averages over 1, 5 and 15 minutes, where the system tells them.</summary>
    public static string Load()
        => File.Exists("/proc/loadavg") ? string.Join(" ", File.ReadAllText("/proc/loadavg").Split(' ').Take(3)) : "unknown";

    /// <summary>The first GPU's name, where NVIDIA's driver tells it.</summary>
    private static string Gpu()
    {
        const string drivers = "/proc/driver/nvidia/gpus";
        string[] files = Directory.Exists(drivers) ? Directory.GetFiles(drivers, "information", SearchOption.AllDirectories) : [];
        return files.Select(file => Field(file, "Model")).FirstOrDefault() ?? "unknown";
    }

    private static string Version(Type type)
        => type.Assembly.GetCustomAttributes(typeof(System.Reflection.AssemblyInformationalVersionAttribute), false)
            .Cast<System.Reflection.AssemblyInformationalVersionAttribute>().FirstOrDefault()?.InformationalVersion.Split('+')[0]
            ?? string.Create(CultureInfo.InvariantCulture, $"{type.Assembly.GetName().Version}");

    private static string? Field(string file, string name)
        => File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':')[^1].Trim()
            : null;
}
