namespace Iba.Benchmarks;

/// <summary>What a worker process tells after each piece of work.</summary>
/// <param name="Seconds">Time on the clock.</param>
/// <param name="ProcessorSeconds">Time on the processors, all threads: hardly changed by what else runs on the machine.</param>
/// <param name="ResidentBytes">Resident memory after it.</param>
/// <param name="PeakBytes">The largest resident memory so far.</param>
/// <param name="LiveTensors">TorchSharp's tensors alive after it.</param>
/// <param name="Profile">Where the time went, if the work is to find that out.</param>
internal sealed record Reading(
    double Seconds, double ProcessorSeconds, long ResidentBytes, long PeakBytes, long LiveTensors, HeatmapProfile? Profile = null);
