namespace Iba.MLNet;

/// <summary>The names of entries in model files, without folders.</summary>
internal static class ModelEntries
{
    /// <summary>A component's header and settings.</summary>
    public const string Key = "Model.key";

    /// <summary>What <see cref="Iba.Torch.Network.Save"/> wrote.</summary>
    public const string Network = "Network";

    /// <summary>What <see cref="Iba.Torch.LayerStatistics.Save(Stream)"/> wrote.</summary>
    public const string Statistics = "Statistics";

    /// <summary>What <see cref="Iba.Torch.ReadoutBottleneck.Save"/> wrote.</summary>
    public const string Readout = "Readout";

    /// <summary>Further layers with their statistics.</summary>
    public const string FurtherLayers = "FurtherLayers";

    /// <summary>The folder of the model whose classifier is explained.</summary>
    public const string Model = "Model";

    /// <summary>The folder of what makes the classifier's columns out of the model's.</summary>
    public const string Preparation = "Preparation";
}
