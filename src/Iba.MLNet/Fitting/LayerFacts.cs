using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What the first rows of a fit show of a layer.</summary>
/// <param name="Input">The inputs, with the dimension of the explained one's channels decided.</param>
/// <param name="ChannelDimension">The dimension of the channels in a batch of features; 0: there are none.</param>
/// <param name="FeatureShape">The shape of one row of features; -1 where rows may differ.</param>
/// <param name="ClassCount">The number of classes.</param>
/// <param name="Output">What the network's outputs are; never <see cref="OutputKind.Auto"/>.</param>
internal sealed record LayerFacts(InputLayout Input, int ChannelDimension, IReadOnlyList<long> FeatureShape, int ClassCount, OutputKind Output)
{
    // What may vary is not written down, also where it did not vary here.
    public static IReadOnlyList<long> Open(IReadOnlyList<long> features, InputLayout input, int channelDimension)
        => input.ExplainedColumn.IsVariable && features.Count > 1
            ? features.Select((size, i) => i + 1 == channelDimension ? size : -1).ToArray()
            : features;

    // *** Binary format ***
    // input layout; int: channel dimension; shape: features; int: number of classes; int: output kind
    public void Save(BinaryWriter writer)
    {
        Input.Save(writer);
        writer.Write(ChannelDimension);
        writer.WriteShape(FeatureShape);
        writer.Write(ClassCount);
        writer.Write((int)Output);
    }

    public static LayerFacts Load(SettingsReader reader)
    {
        var facts = new LayerFacts(
            InputLayout.Load(reader), reader.Numbers.ReadInt32(), reader.ReadShape(), reader.Numbers.ReadInt32(), reader.ReadEnum<OutputKind>());
        SettingsReader.Check(facts.ChannelDimension >= 0 && facts.ChannelDimension <= facts.FeatureShape.Count && facts.ClassCount > 0);
        return facts;
    }

    /// <summary>Whether two parts of the data showed the same layer.</summary>
    public bool Agrees(LayerFacts other)
        => ChannelDimension == other.ChannelDimension && ClassCount == other.ClassCount && Output == other.Output
            && FeatureShape.Count == other.FeatureShape.Count;
}
