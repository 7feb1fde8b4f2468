namespace Iba.Jobs.Tests;

public class ProcessSpaceTests
{
    [Fact]
    public void This_process_has_a_start_and_a_number_that_nobody_has_none()
    {
        Assert.Equal(WorkerRecord.Current.Started, ProcessSpace.StartOf(Environment.ProcessId));
        Assert.Null(ProcessSpace.StartOf(int.MaxValue));
    }

    // Containers that share the machine's name cannot look each other's processes up: all would seem dead.
    [Fact]
    public void A_process_of_another_container_is_dead_after_silence_alone()
    {
        if (!OperatingSystem.IsLinux()) return;
        Assert.Contains(new FileInfo("/proc/self/ns/pid").LinkTarget!, WorkerRecord.Current.Host, StringComparison.Ordinal);
        var other = WorkerRecord.Current with { Host = WorkerRecord.Current.Host.Replace("pid:[", "pid:[9", StringComparison.Ordinal), Process = int.MaxValue };

        Assert.False(WorkerRecord.IsDead(other, TimeSpan.FromSeconds(59), TimeSpan.FromMinutes(1)));
        Assert.True(WorkerRecord.IsDead(other, TimeSpan.FromSeconds(61), TimeSpan.FromMinutes(1)));
        Assert.True(WorkerRecord.IsDead(other with { Host = WorkerRecord.Current.Host }, TimeSpan.Zero, TimeSpan.FromMinutes(1)));
        // The number was given to another process since.
        Assert.True(WorkerRecord.IsDead(WorkerRecord.Current with { Started = WorkerRecord.Current.Started - 1 }, TimeSpan.Zero, TimeSpan.FromMinutes(1)));
    }
}
