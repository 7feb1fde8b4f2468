using Iba.Torch;

namespace Iba.MLNet;

/// <summary>The classifier that a transformer of this library holds, with the input that it was fitted for.</summary>
internal static class OwnClassifier
{
    /// <param name="name">What holds it.</param>
    /// <param name="settings">What its Fit decided.</param>
    /// <param name="network">The network, which stays the holder's.</param>
    public static ModelClassifier Of(string name, RowSettings settings, Network network)
    {
        var input = settings.Input;
        var explained = input.ExplainedColumn;
        return new ModelClassifier
        {
            Name = name,
            Network = network,
            OwnsNetwork = false,
            InputColumnName = explained.ColumnName!,
            InputName = explained.InputName,
            InputShape = explained.Kind == InputKind.Floats && !explained.IsVariable ? explained.Shape.Select(size => (int)size).ToArray() : null,
            ContextColumns = input.Columns.Where(column => column != explained && column.ColumnName != null).ToDictionary(column => column.InputName, column => column.ColumnName!),
            MaskInputName = input.Mask < 0 ? null : input.Columns[input.Mask].InputName,
            PaddingId = input.PaddingId,
            Preprocessing = input.Preprocessing,
            ImageFolder = input.ImageFolder,
            ClassNames = settings.ClassNames,
            ScoreColumnName = settings.Outputs[0].Name,
            Layer = settings.Layer,
        };
    }
}
