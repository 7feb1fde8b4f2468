using System.Reflection;
using System.Security.Cryptography;
using Microsoft.ML.TorchSharp;

namespace Iba.MLNet.TorchSharp.Tests;

public sealed class MendTests : IDisposable
{
    private static readonly string Original = typeof(MendTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Original").Value!;

    private readonly string _folder = Directory.CreateTempSubdirectory("iba-mend-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_turns_the_four_calls_that_dispose_weights_into_nothing_and_leaves_the_rest_and_the_source_alone()
    {
        byte[] before = File.ReadAllBytes(Original);
        string copy = Path.Combine(_folder, "mended", "copy.dll");

        Assert.True(new MendMicrosoftMLTorchSharp { Source = Original, Destination = copy }.Execute());

        Assert.Equal(before, File.ReadAllBytes(Original));
        byte[] after = File.ReadAllBytes(copy);
        int[] changed = [.. Enumerable.Range(0, before.Length).Where(i => before[i] != after[i])];
        int[] calls = [.. changed.Where(i => before[i] == 0x6F)]; // callvirt
        Assert.Equal(4, calls.Length);
        byte[] token = before[(calls[0] + 1)..(calls[0] + 5)];
        Assert.All(calls, call =>
        {
            Assert.Equal(token, before[(call + 1)..(call + 5)]); // The same method at all four.
            Assert.Equal([0x26, 0, 0, 0, 0], after[call..(call + 5)]); // pop, nops
        });
        Assert.All(changed, i => Assert.Contains(calls, call => i >= call && i < call + 5));
        Assert.Equal(before.Length, after.Length);
    }

    [Fact]
    public void The_file_is_the_one_that_the_build_knows()
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Original)));

        Assert.Contains($">{hash}<", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Iba.MLNet.TorchSharp.targets")));
    }

    [Fact]
    public void Other_files_are_refused_and_nothing_is_written()
    {
        byte[] one = File.ReadAllBytes(Original);
        string partly = Path.Combine(_folder, "partly.dll"), mended = Path.Combine(_folder, "mended.dll");
        new MendMicrosoftMLTorchSharp { Source = Original, Destination = mended }.Execute();
        byte[] after = File.ReadAllBytes(mended);
        int first = Enumerable.Range(0, one.Length).First(i => one[i] != after[i]);
        after.AsSpan(first, 5).CopyTo(one.AsSpan(first));
        File.WriteAllBytes(partly, one);

        Refuse(mended, found: 0);
        Refuse(partly, found: 3);
        Refuse(typeof(Microsoft.ML.Data.TextLoader).Assembly.Location, found: 0);
    }

    [Fact]
    public void The_assembly_beside_these_tests_is_mended()
    {
        var methods = typeof(TorchSharpCatalog).Assembly.GetType("Microsoft.ML.TorchSharp.Utils.ModelUtils")!.GetMethods()
            .Where(method => method.Name.StartsWith("Init", StringComparison.Ordinal)).ToArray();

        Assert.Equal(4, methods.Length);
        Assert.All(methods, method =>
        {
            byte[] code = method.GetMethodBody()!.GetILAsByteArray()!;
            Assert.Equal([0x26, 0, 0, 0, 0, 0xDC, 0x2A], code[^7..]); // pop, nops, endfinally, ret
        });
    }

    private void Refuse(string source, int found)
    {
        string destination = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        var task = new MendMicrosoftMLTorchSharp { Source = source, Destination = destination };

        Assert.False(task.Execute());

        Assert.Contains($"Expected 4 places to mend in {source}, found {found}", Assert.Single(task.Log.Errors));
        Assert.False(File.Exists(destination));
    }
}
