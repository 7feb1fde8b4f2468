namespace Iba.MLNet;

/// <summary>
/// Where the network's picture lies in the original image, in pixels of the original with fractions. It reaches beyond the image where the
/// crop was padded.
/// </summary>
/// <param name="X">The left edge.</param>
/// <param name="Y">The top edge.</param>
/// <param name="Width">The width.</param>
/// <param name="Height">The height.</param>
public readonly record struct SourceRectangle(double X, double Y, double Width, double Height);
