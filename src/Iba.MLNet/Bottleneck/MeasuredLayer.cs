using Iba.Torch;

namespace Iba.MLNet;

/// <summary>A further layer with what Fit measured of it.</summary>
/// <param name="Layer">Its name.</param>
/// <param name="ChannelDimension">The dimension of the channels in its features.</param>
/// <param name="Statistics">Its statistics; owned.</param>
/// <param name="Bottleneck">The options of its bottleneck.</param>
/// <param name="Fingerprint">The fingerprint of the weights up to it; null: not known.</param>
internal sealed record MeasuredLayer(string Layer, int ChannelDimension, LayerStatistics Statistics, BottleneckOptions Bottleneck, string? Fingerprint)
{
    private const int MostLayers = 1000;

    /// <summary>The layer as it is explained.</summary>
    public FurtherLayer ToFurtherLayer() => new(Layer, ChannelDimension, new PerSampleBottleneck(Statistics, Bottleneck), Fingerprint);

    // *** Binary format ***
    // int: number of layers; for each:
    //   text: layer; text or null: fingerprint
    //   bottleneck: see BottleneckOptions
    //   statistics: see LayerStatistics
    public static void SaveAll(BinaryWriter writer, IReadOnlyList<MeasuredLayer> layers)
    {
        writer.Write(layers.Count);
        foreach (var layer in layers)
        {
            writer.WriteText(layer.Layer);
            writer.WriteText(layer.Fingerprint);
            layer.Bottleneck.Save(writer);
            layer.Statistics.Save(writer);
        }
    }

    /// <summary>Reads what <see cref="SaveAll"/> wrote.</summary>
    /// <param name="stream">Where to read.</param>
    /// <param name="layers">Where each is added as soon as it was read, so that its statistics can be disposed where another cannot be.</param>
    /// <param name="support">What is known of bfloat16 on the devices here.</param>
    /// <param name="hasTailPrecision">Whether the layers have one: see <see cref="BottleneckOptions"/>.</param>
    public static void LoadAll(BinaryReader stream, List<MeasuredLayer> layers, BFloat16Support support, bool hasTailPrecision)
    {
        var reader = new SettingsReader(stream);
        for (int count = reader.ReadCount(MostLayers); layers.Count < count;)
        {
            string layer = reader.ReadNonEmptyString();
            string? fingerprint = reader.ReadString();
            var bottleneck = BottleneckOptions.Load(stream, hasTailPrecision: hasTailPrecision);
            bottleneck.BFloat16Support = support;
            var statistics = LayerStatistics.Load(stream);
            layers.Add(new MeasuredLayer(layer, statistics.ChannelDimension, statistics, bottleneck, fingerprint));
        }
    }
}
