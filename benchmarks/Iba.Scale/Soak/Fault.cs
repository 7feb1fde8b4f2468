namespace Iba.Scale;

/// <summary>What a soak does to a process.</summary>
internal enum Fault
{
    /// <summary>A worker is killed and begun again.</summary>
    WorkerKilled,

    /// <summary>The coordinator is killed and begun again.</summary>
    CoordinatorKilled,

    /// <summary>A worker is stopped for a while, and goes on.</summary>
    WorkerStopped,
}
