using Microsoft.ML.Data;

namespace ExplainImageClassifier;

/// <summary>A row of photos.csv.</summary>
internal sealed class Photo
{
    [LoadColumn(0)]
    public string File { get; set; } = "";

    [LoadColumn(1)]
    public string Kind { get; set; } = "";

    [LoadColumn(2)]
    public string Split { get; set; } = "";
}
