using System.Runtime.InteropServices;

namespace Iba.Torch.Tests;

public partial class OpenMPThreadsTests
{
    [Fact]
    public void Waiting_threads_sleep_unless_the_user_says_otherwise()
    {
        if (!OperatingSystem.IsLinux()) return;
        TorchLibrary.EnsureLoaded();

        string expected = Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") ?? "PASSIVE";
        Assert.Equal(expected, Marshal.PtrToStringUTF8(GetVariable("OMP_WAIT_POLICY")));
    }

    [Fact]
    public void A_switch_keeps_the_settings()
    {
        const string name = "Iba.Torch.Tests.Keep";
        Assert.False(KeepSwitch.IsOn(name));
        AppContext.SetSwitch(name, true);
        Assert.True(KeepSwitch.IsOn(name));
    }

    [Fact]
    public void An_environment_variable_keeps_the_settings()
    {
        Environment.SetEnvironmentVariable("IBA_TORCH_TESTS_VARIABLE", "1");
        Assert.True(KeepSwitch.IsOn("Iba.Torch.Tests.Variable"));
        Environment.SetEnvironmentVariable("IBA_TORCH_TESTS_VARIABLE", null);
        Assert.False(KeepSwitch.IsOn("Iba.Torch.Tests.Variable"));
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetVariable(string name);
}
