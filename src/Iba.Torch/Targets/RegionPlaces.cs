namespace Iba.Torch;

/// <summary>Which places a region has.</summary>
internal enum RegionPlaces
{
    /// <summary>Those where the network predicts the class.</summary>
    Predicted,

    /// <summary>Those within the row's mask.</summary>
    Mask,

    /// <summary>One and the same in every row.</summary>
    Point,

    /// <summary>One that the row names.</summary>
    PointColumn,
}
