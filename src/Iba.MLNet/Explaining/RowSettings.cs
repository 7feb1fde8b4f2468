using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What Fit decided about the rows, whatever method explains them: it is saved with the transformer.</summary>
internal sealed record RowSettings
{
    private const int MostOutputs = 1000;

    public required IReadOnlyList<OutputColumn> Outputs { get; init; }

    public required InputLayout Input { get; init; }

    /// <summary>The layer at which the network is cut; null: at the explained input.</summary>
    public string? Layer { get; init; }

    /// <summary>The column with the class to explain; null: none is read.</summary>
    public string? LabelColumnName { get; init; }

    /// <summary>What is explained of each row.</summary>
    public required ExplanationTarget Target { get; init; }

    /// <summary>What the network's outputs are, never Auto.</summary>
    public required OutputKind Output { get; init; }

    public required BadRowHandling BadRows { get; init; }

    /// <summary>The size of the maps.</summary>
    public MapSize MapSize { get; init; }

    public required int BatchSize { get; init; }

    public required int ClassCount { get; init; }

    /// <summary>The shape of one row of the features at the cut; -1 where rows differ.</summary>
    public required IReadOnlyList<long> FeatureShape { get; init; }

    /// <summary>The dimension of the channels in a batch of features; 0: there are none.</summary>
    public required int ChannelDimension { get; init; }

    /// <summary>Names of the classes; null: unknown.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The column that names rows in messages; null: none. It may be missing in what is explained.</summary>
    public string? RowIdColumnName { get; init; }

    /// <summary>The columns that are needed to explain a row.</summary>
    public IEnumerable<string> InputColumnNames
        => (LabelColumnName == null ? Input.ColumnNames : Input.ColumnNames.Append(LabelColumnName)).Concat(Target.ColumnNames).Distinct();

    /// <summary>The sizes of the added columns.</summary>
    public OutputShapes Shapes => new(MapSize == MapSize.Layer ? LayerMapSize : Input.MapSize, FeatureShape, ClassCount, ClassNames)
    {
        Questions = Target.IsStack ? Target.Questions.Count : null,
        Layers = Outputs.Count(output => output.Kind == OutputColumnKind.Heatmap),
    };

    /// <summary>The place of the cut, for messages.</summary>
    public string Place => Layer ?? Input.ExplainedColumn.InputName;

    /// <summary>The layer's positions as <see cref="AttributionPass.Arrange"/> lays them; -1 where rows differ.</summary>
    private IReadOnlyList<long> LayerMapSize
    {
        get
        {
            long[] positions = FeatureShape.Where((_, i) => i + 1 != ChannelDimension).ToArray();
            if (positions.Length == 0) return [1];
            if (positions.Length > 1 || Input.MapSize.Count != 2 || ChannelDimension == 0) return positions;
            return TokenGrid.Of(positions[0], Input.MapSize) is var (rows, columns) ? [rows, columns] : [-1, -1];
        }
    }

    /// <summary>Cuts the network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="method">The method that the cut is for; null: any.</param>
    public SplitNetwork Cut(Network network, AttributionMethod? method = null)
        => Layer == null ? network.SplitAtInput(Place) : method?.Cut(network, Layer) ?? network.Split(Layer);

    // *** Binary format ***
    // int: number of output columns
    //   text: name
    //   int: kind
    // input layout: see InputLayout
    // text or null: layer
    // text or null: label column
    // text or null: column of row names
    // text: name of the target
    // int: output kind; int: bad row handling; int: size of maps; int: batch size; int: number of classes
    // shape: features; int: dimension of their channels
    // int: number of class names
    //   text: name
    public void Save(BinaryWriter writer)
    {
        if (!Target.CanBeSaved)
        {
            throw new InvalidOperationException(
                $"Target '{Target}' is one of your own, which cannot be saved before it is made known: call {nameof(ExplanationTarget)}.{nameof(ExplanationTarget.Register)} with what makes it.");
        }

        writer.Write(Outputs.Count);
        foreach (var output in Outputs)
        {
            writer.WriteText(output.Name);
            writer.Write((int)output.Kind);
        }

        Input.Save(writer);
        writer.WriteText(Layer);
        writer.WriteText(LabelColumnName);
        writer.WriteText(RowIdColumnName);
        writer.WriteText(Target.Name);
        writer.Write((int)Output);
        writer.Write((int)BadRows);
        writer.Write((int)MapSize);
        writer.Write(BatchSize);
        writer.Write(ClassCount);
        writer.WriteShape(FeatureShape);
        writer.Write(ChannelDimension);
        writer.Write(ClassNames?.Count ?? 0);
        foreach (string name in ClassNames ?? []) writer.WriteText(name);
    }

    public static RowSettings Load(SettingsReader reader) => new RowSettings
    {
        Outputs = ReadOutputs(reader),
        Input = InputLayout.Load(reader),
        Layer = reader.ReadString(),
        LabelColumnName = reader.ReadString(),
        RowIdColumnName = reader.ReadString(),
        Target = ExplanationTarget.Parse(reader.ReadNonEmptyString()),
        Output = reader.ReadEnum<OutputKind>(),
        BadRows = reader.ReadEnum<BadRowHandling>(),
        MapSize = reader.ReadEnum<MapSize>(),
        BatchSize = reader.Numbers.ReadInt32(),
        ClassCount = reader.Numbers.ReadInt32(),
        FeatureShape = reader.ReadShape(),
        ChannelDimension = reader.Numbers.ReadInt32(),
        ClassNames = ReadClassNames(reader),
    }.Checked();

    public static OutputColumn[] ReadOutputs(SettingsReader reader)
    {
        int count = reader.ReadCount(MostOutputs);
        SettingsReader.Check(count > 0);
        return Enumerable.Range(0, count).Select(_ => new OutputColumn(reader.ReadNonEmptyString(), reader.ReadEnum<OutputColumnKind>())).ToArray();
    }

    public static string[]? ReadClassNames(SettingsReader reader)
    {
        int count = reader.ReadCount();
        return count == 0 ? null : Enumerable.Range(0, count).Select(_ => reader.ReadString() ?? "").ToArray();
    }

    /// <summary>Checks what the parts say of each other.</summary>
    public RowSettings Checked()
    {
        SettingsReader.Check(BatchSize > 0 && ClassCount > 0 && ChannelDimension >= 0 && ChannelDimension <= FeatureShape.Count);
        SettingsReader.Check(ClassNames == null || ClassNames.Count == ClassCount);
        SettingsReader.Check(MapSize == MapSize.Input || Outputs.All(output => output.Kind != OutputColumnKind.Degradation));
        SettingsReader.Check(Target is OneClassTarget || Outputs.All(output => output.Kind is not OutputColumnKind.Degradation and not OutputColumnKind.ProbabilityKept));
        SettingsReader.Check((LabelColumnName != null) == Target.NeedsLabels);
        return this;
    }
}
