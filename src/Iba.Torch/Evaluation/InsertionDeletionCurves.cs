namespace Iba.Torch;

/// <summary>What <see cref="InsertionDeletion"/> or <see cref="TokenInsertionDeletion"/> found for one row.</summary>
public sealed class InsertionDeletionCurves
{
    internal InsertionDeletionCurves(IReadOnlyList<int> counts, IReadOnlyList<double> insertion, IReadOnlyList<double> deletion)
        => (Counts, Insertion, Deletion) = (counts, insertion, deletion);

    /// <summary>How many positions have changed at each point, rising from 0 to all.</summary>
    public IReadOnlyList<int> Counts { get; }

    /// <summary>The target's probability, 0 to 1, with that many positions put in. The first and the last point do not depend on the map.</summary>
    public IReadOnlyList<double> Insertion { get; }

    /// <summary>The target's probability, 0 to 1, with that many positions removed. The first and the last point do not depend on the map.</summary>
    public IReadOnlyList<double> Deletion { get; }

    /// <summary>The area under the insertion curve, 0 to 1; higher is better.</summary>
    public double InsertionArea => Curve.Area(Counts, Insertion);

    /// <summary>The area under the deletion curve, 0 to 1; lower is better.</summary>
    public double DeletionArea => Curve.Area(Counts, Deletion);
}
