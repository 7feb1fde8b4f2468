namespace ExplainPhotos;

/// <summary>A row that comes out of the pipeline.</summary>
internal sealed class Explanation
{
    public string File { get; set; } = "";

    public string Path { get; set; } = "";

    /// <summary>Bits per pixel, row by row.</summary>
    public float[] Heatmap { get; set; } = [];

    /// <summary>The heat map's sum.</summary>
    public float Bits { get; set; }

    /// <summary>The explained class.</summary>
    public int Target { get; set; }

    /// <summary>Class probabilities.</summary>
    public float[] Scores { get; set; } = [];

    /// <summary>Class probabilities when only the bits of the heat map pass.</summary>
    public float[] ScoresWithBottleneck { get; set; } = [];
}
