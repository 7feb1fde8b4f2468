using System.Globalization;

namespace Iba.Hosting;

/// <summary>A class, and how likely the network finds it.</summary>
/// <param name="Index">The class, counted from 0.</param>
/// <param name="Name">Its name; "class 3" where classes have none.</param>
/// <param name="Probability">0 to 1.</param>
public readonly record struct ClassProbability(int Index, string Name, double Probability)
{
    /// <summary>Name and probability, for example <c>pug 0.87</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} {Probability:F2}");
}
