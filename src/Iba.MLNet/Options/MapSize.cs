namespace Iba.MLNet;

/// <summary>At which size maps come out.</summary>
public enum MapSize
{
    /// <summary>The input's: one value per pixel, voxel or position of what the network is given.</summary>
    Input = 0,

    /// <summary>
    /// The layer's own, <c>[h, w]</c>: all that was found out, in far fewer numbers. <see cref="Iba.Torch.Heatmap.Resize"/> stretches them
    /// to the input's size. A layer without positions has one value.
    /// </summary>
    Layer = 1,
}
