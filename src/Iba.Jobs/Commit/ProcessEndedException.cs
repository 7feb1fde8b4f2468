namespace Iba.Jobs;

/// <summary>Stands for the end of the process, in tests: whoever sees it tidies nothing up.</summary>
internal sealed class ProcessEndedException() : Exception("The process ended here.");
