using System.Diagnostics;

namespace Iba.Orleans.Tests;

/// <summary>Two networks with a cable between them that can be pulled. Linux, and needs root (as CI has it): without, the test fails and says so.</summary>
internal sealed class SeparateNetworks : IDisposable
{
    /// <summary>An address of the first network's end, beside one that comes before it.</summary>
    public const string Address = "10.213.0.101";

    private const string FirstAddress = "10.213.0.1";

    private const string OtherAddress = "10.213.0.2";

    private readonly string _name = $"iba{Guid.NewGuid().ToString("N")[..8]}";

    public SeparateNetworks()
    {
        foreach (string network in new[] { First, Second }) Ip("netns", "add", network);
        Ip("-n", First, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", Second);
        foreach (var (network, address) in new[] { (First, FirstAddress), (First, Address), (Second, OtherAddress) })
        {
            Ip("-n", network, "addr", "add", $"{address}/24", "dev", "cable");
            Ip("-n", network, "link", "set", "lo", "up");
            Ip("-n", network, "link", "set", "cable", "up");
        }
    }

    private string First => $"{_name}a";

    private string Second => $"{_name}b";

    /// <summary>Runs OrleansWorker in the first network, which has <see cref="Address"/>, or in the second.</summary>
    public TestProcess Run(bool inFirst, params string[] arguments)
        => new("ip", ["netns", "exec", inFirst ? First : Second, "dotnet", TestProcess.Worker, .. arguments]);

    /// <summary>Pulls the cable.</summary>
    public void Part() => Ip("-n", Second, "link", "set", "cable", "down");

    /// <summary>Puts it back.</summary>
    public void Heal() => Ip("-n", Second, "link", "set", "cable", "up");

    public void Dispose()
    {
        foreach (string network in new[] { First, Second }) Ip("netns", "del", network);
    }

    private static void Ip(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(
            process.ExitCode == 0,
            $"This test makes networks, which needs Linux, iproute2 and root (in a container: --privileged or --cap-add SYS_ADMIN and NET_ADMIN): ip {string.Join(' ', arguments)}: {errors}");
    }
}
