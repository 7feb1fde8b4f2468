namespace Iba.MLNet;

/// <summary>Where a fit reads the rows' classes from.</summary>
/// <param name="ColumnName">The label column.</param>
/// <param name="ClassCount">The number of classes.</param>
/// <param name="ClassNames">Their names; null: there are none.</param>
internal sealed record FitLabels(string ColumnName, int ClassCount, IReadOnlyList<string>? ClassNames);
