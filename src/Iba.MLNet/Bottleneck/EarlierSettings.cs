using Iba.Torch;

namespace Iba.MLNet;

/// <summary>Reads the settings of transformers that were saved before version 0x00010003.</summary>
internal static class EarlierSettings
{
    // *** Binary format ***
    // int: number of output columns
    //   text: name; int: kind
    // input layout: see InputLayout
    // text: layer; text or null: label column; int: target index, -1 for none
    // double: beta; int: steps; int: noise copies; double: learning rate; double: initial alpha; double: sigma; double: minimum
    // deviation; bool: clamp to ReLU; long: seed; int: output kind; text: name of the loss; bool: evaluate finished mask
    // int: capacity kind; int: bad row handling; int: batch size; int: number of classes
    // shape: features
    // int: number of class names
    //   text: name
    public static (RowSettings Rows, BottleneckOptions Bottleneck) Read(SettingsReader reader)
    {
        var numbers = reader.Numbers;
        var outputs = RowSettings.ReadOutputs(reader);
        var input = InputLayout.Load(reader);
        string layer = reader.ReadNonEmptyString();
        string? label = reader.ReadString();
        int target = numbers.ReadInt32();
        var bottleneck = BottleneckOptions.LoadNumbers(numbers);
        bottleneck.Loss = BottleneckLoss.Parse(reader.ReadNonEmptyString());
        bottleneck.EvaluateFinishedMask = numbers.ReadBoolean();
        bottleneck.MapsLastForward = reader.ReadEnum<CapacityKind>() == CapacityKind.LastForward;
        bottleneck.Validate();
        SettingsReader.Check(bottleneck.Output != OutputKind.Auto);
        var badRows = reader.ReadEnum<BadRowHandling>();
        int batchSize = numbers.ReadInt32(), classCount = numbers.ReadInt32();
        var rows = new RowSettings
        {
            Outputs = outputs,
            Input = input,
            Layer = layer,
            LabelColumnName = label,
            Target = target >= 0 ? ExplanationTarget.Class(target) : label != null ? ExplanationTarget.Label : ExplanationTarget.PredictedClass,
            Output = bottleneck.Output,
            BadRows = badRows,
            BatchSize = batchSize,
            ClassCount = classCount,
            FeatureShape = reader.ReadShape(),
            ChannelDimension = 1, // The statistics know it.
            ClassNames = RowSettings.ReadClassNames(reader),
        };
        SettingsReader.Check(target < classCount);
        return (rows.Checked(), bottleneck);
    }
}
