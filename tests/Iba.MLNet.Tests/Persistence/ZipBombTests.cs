using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;

namespace Iba.MLNet.Tests;

/// <summary>Small files that unpack to gigabytes, loaded by another process whose memory is limited and measured.</summary>
public class ZipBombTests
{
    private const long MostMemory = 700L << 20;

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData("Network")]
    [InlineData("Statistics")]
    [InlineData("Model.key")]
    [InlineData("Something.else")]
    public void Six_gigabytes_of_zeros_are_refused_with_little_memory(string entry)
    {
        string path = Path.Combine(Path.GetTempPath(), $"iba-{Guid.NewGuid():N}.zip");
        try
        {
            Write(path, entry, 6L << 30);
            Assert.InRange(new FileInfo(path).Length, 1, 64 << 20);
            var (message, memory) = Load(path);
            Assert.Contains($"'{entry}' has 6442450944 bytes, more than the", message, StringComparison.Ordinal);
            Assert.InRange(memory, 1, MostMemory);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // Within the absolute limit; only the relation to its size in the file gives it away.
    [Fact]
    [Trait("Speed", "Slow")]
    public void A_gigabyte_of_zeros_as_network_is_refused_with_little_memory()
    {
        string path = Path.Combine(Path.GetTempPath(), $"iba-{Guid.NewGuid():N}.zip");
        try
        {
            Write(path, "Network", 1L << 30);
            var (message, memory) = Load(path);
            Assert.Contains("to 1073741824 bytes, more than 32 times", message, StringComparison.Ordinal);
            Assert.InRange(memory, 1, MostMemory);
        }
        finally
        {
            File.Delete(path);
        }
    }

    // The header of the zip says less than there is.
    [Fact]
    [Trait("Speed", "Slow")]
    public void A_gigabyte_that_claims_to_be_small_is_refused_with_little_memory()
    {
        string path = Path.Combine(Path.GetTempPath(), $"iba-{Guid.NewGuid():N}.zip");
        try
        {
            Write(path, "Network", 1L << 30);
            byte[] bytes = File.ReadAllBytes(path);
            byte[] size = BitConverter.GetBytes(1u << 30), small = BitConverter.GetBytes(1000u);
            int changed = 0;
            for (int at = bytes.AsSpan().IndexOf(size); at >= 0; at = bytes.AsSpan().IndexOf(size), changed++) small.CopyTo(bytes, at);
            Assert.InRange(changed, 1, 2);
            File.WriteAllBytes(path, bytes);
            var (message, memory) = Load(path);
            Assert.DoesNotContain("loaded", message, StringComparison.Ordinal);
            Assert.InRange(memory, 1, MostMemory);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A good file with one entry of zeros in place of its own.</summary>
    private static void Write(string path, string name, long bytes)
    {
        string good = Path.Combine(AppContext.BaseDirectory, "Golden/Persistence/version-2.zip");
        using var original = ZipFile.OpenRead(good);
        using var changed = ZipFile.Open(path, ZipArchiveMode.Create);
        string folder = original.Entries.Single(entry => entry.Name == "Statistics").FullName[..^"Statistics".Length];
        foreach (var entry in original.Entries.Where(entry => entry.FullName != folder + name))
        {
            using var content = entry.Open();
            using var target = changed.CreateEntry(entry.FullName).Open();
            content.CopyTo(target);
        }

        byte[] zeros = new byte[1 << 20];
        using var bomb = changed.CreateEntry(folder + name, CompressionLevel.Fastest).Open();
        for (long written = 0; written < bytes; written += zeros.Length) bomb.Write(zeros);
    }

    private static (string Message, long Memory) Load(string path)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        string application = Path.Combine(own.Parent!.Parent!.Parent!.Parent!.FullName, "LoadsModel", "bin", own.Parent.Name, own.Name, "LoadsModel.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [application, "--safely", path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_GCHeapHardLimit"] = "0x8000000" }, // 128 MiB
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        string printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        string[] lines = printed.Trim().Split('\n');
        return (string.Join('\n', lines[..^1]), long.Parse(lines[^1], CultureInfo.InvariantCulture));
    }
}
