namespace Iba.Torch;

/// <summary>The memory of the machine, or of the container.</summary>
internal static class MachineMemory
{
    // With a limit of its own the garbage collector tells that, which says nothing of the memory for tensors.
    private static readonly bool HeapIsLimited = new[] { "HeapHardLimit", "HeapHardLimitPercent" }.Any(name =>
        AppContext.GetData($"System.GC.{name}") is not null || Environment.GetEnvironmentVariable($"DOTNET_GC{name}") is not null);

    /// <summary>In bytes; null where it is not known.</summary>
    public static long? Bytes => HeapIsLimited ? null : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
}
