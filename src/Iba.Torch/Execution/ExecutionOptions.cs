using System.Runtime.CompilerServices;

namespace Iba.Torch;

/// <summary>Where and how rows are computed. It is about the machine: never saved, and without influence on results but for rounding.</summary>
public sealed class ExecutionOptions
{
    /// <summary>The GPU to run on, at least 0. Null (default): where the network lies, or what the context says (ML.NET).</summary>
    public int? GpuDeviceId { get; set; }

    /// <summary>Whether to go on, on the CPU, where there is no such GPU. Null (default): no, or what the context says (ML.NET).</summary>
    public bool? FallbackToCpu { get; set; }

    /// <summary>
    /// The number of libtorch's threads while rows are computed, at least 1. Null (default): as it is set, by <c>OMP_NUM_THREADS</c> or
    /// <c>torch.set_num_threads</c>. Another number rounds differently.
    /// </summary>
    public int? Threads { get; set; }

    /// <summary>
    /// Whether GPUs may round what convolutions and matrix products multiply to TensorFloat32 (10 bits of a number's 23 after the first one), which is
    /// faster on those of compute capability 8.0 or higher. False: float32 as on a CPU. Null (default): as libtorch is set, which is yes for convolutions
    /// and no for products unless the application says otherwise (<c>torch.backends</c>). The setting is the process's while rows are computed. No
    /// influence on a CPU.
    /// </summary>
    public bool? AllowTensorFloat32 { get; set; }

    /// <summary>
    /// How many rows go through the network together, in one pass. At least 1. Null (default): as many as there are, within memory; in pipelines
    /// on a CPU one, so that a row has the same bits in every batch. More make networks with few features faster on a CPU, but kernels round
    /// differently by the number of rows: maps then differ by rounding, which the bottleneck's first steps amplify, behind deep networks to
    /// a thousandth of the largest value. Out of memory halves it.
    /// </summary>
    public int? RowsPerPass { get; set; }

    /// <summary>
    /// How many passes are computed at once on a CPU, each on a thread of its own that uses libtorch's threads. At least 1. Null
    /// (default): as many as the first batches show to be the fastest, within <see cref="MemoryBudget"/>: more than one only for small
    /// networks, and only where libtorch has all processors (see <c>OMP_NUM_THREADS</c>). TorchSharp and TorchScript networks, and a loss
    /// of your own, compute one pass after the other. Results are the same.
    /// </summary>
    public int? PassesAtOnce { get; set; }

    /// <summary>
    /// About how much memory, in bytes, the rows that are computed at once may take together, at least 1; as many rows as fit make a pass. It
    /// is an estimate from the sizes of the tail's results for one row and its copies, and their gradients. Not in it: weights, the
    /// head, noise that is kept (256 MiB at most), and one row, which goes through alone if it takes more. Null (default): half of the
    /// machine's memory (or the container's) for rows on several threads, no bound for rows that share a pass.
    /// </summary>
    public long? MemoryBudget { get; set; }

    /// <summary>Throws when an option is out of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, the value found and the values allowed.</exception>
    internal void Validate()
    {
        Require(GpuDeviceId is null or >= 0, GpuDeviceId, "at least 0, or null");
        Require(Threads is null or >= 1, Threads, "at least 1, or null");
        Require(RowsPerPass is null or >= 1, RowsPerPass, "at least 1, or null");
        Require(PassesAtOnce is null or >= 1, PassesAtOnce, "at least 1, or null");
        Require(MemoryBudget is null or >= 1, MemoryBudget, "at least 1 byte, or null");

        static void Require<T>(bool holds, T value, string allowed, [CallerArgumentExpression(nameof(value))] string name = "")
        {
            if (!holds) throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; allowed: {allowed}.");
        }
    }

    /// <summary>A copy, which later changes of this one do not reach.</summary>
    internal ExecutionOptions Copy() => (ExecutionOptions)MemberwiseClone();
}
