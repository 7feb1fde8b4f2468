namespace Iba.Hosting;

/// <summary>What a request asks otherwise than the explainer was fitted for; null: as it was fitted.</summary>
public sealed record ExplainSettings
{
    /// <summary>Weight of the information term, 0 to 1e9.</summary>
    public double? Beta { get; init; }

    /// <summary>The class to explain, counted from 0.</summary>
    public int? Target { get; init; }

    /// <summary>Seed of the noise.</summary>
    public long? Seed { get; init; }

    /// <summary>Optimisation steps, 1 to 1,000,000. Whoever lets strangers choose them lets them choose how long the machine works.</summary>
    public int? Steps { get; init; }

    internal bool IsEmpty => this == new ExplainSettings();
}
