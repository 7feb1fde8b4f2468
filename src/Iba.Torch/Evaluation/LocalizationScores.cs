namespace Iba.Torch;

/// <summary>What <see cref="Localization"/> found for one row.</summary>
/// <param name="Map">The map's scores.</param>
/// <param name="CentredGaussian">
/// The scores of a Gaussian in the middle of the picture, a quarter of each side wide: a map that is not better than this one has not found the object.
/// </param>
/// <param name="AreaShare">The object's share of the picture, 0 to 1: what a map at random scores.</param>
public sealed record LocalizationScores(MapLocalization Map, MapLocalization CentredGaussian, double AreaShare);
