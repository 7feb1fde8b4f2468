namespace Iba.Onnx;

/// <summary>
/// How much one run of a graph may hold at once. Sizes can multiply along a chain of nodes each of which is modest, so that what counts
/// is the sum over all live results, beside what the run was given.
/// </summary>
/// <param name="given">The number of elements of the run's inputs and of the constants that it reads.</param>
internal sealed class ElementBudget(long given)
{
    /// <summary>A run may hold this many times the elements that it was given: networks for pictures hold some 10 to 100 times their input.</summary>
    private const long MaxGrowth = 512;

    /// <summary>The most elements.</summary>
    public long Most { get; } = Math.Max(OperatorLimits.MostElements, given > long.MaxValue / MaxGrowth ? long.MaxValue : given * MaxGrowth);

    /// <summary>The elements of all live results.</summary>
    public long Held { get; set; }

    /// <summary>Whether no more elements fit beside what is held.</summary>
    public bool Exceeds(long more) => more > Most - Held;

    /// <summary>An error for a node that makes or collects too much.</summary>
    public OnnxFormatException Error(OperatorCall call, string what) => new(
        call.Error($"{what}; what the graph holds would be more than {Most} elements, the limit for what it is given: if the file is to be trusted, give fewer rows at once").Message)
    { IsOfBudget = true };
}
