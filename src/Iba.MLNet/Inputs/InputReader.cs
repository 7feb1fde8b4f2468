using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Reads one column's value at a cursor's current row. Belongs to one cursor.</summary>
internal abstract class InputReader
{
    /// <summary>The current row's value.</summary>
    /// <exception cref="InvalidDataException">The value is no input for the network; the message says why, without row and column.</exception>
    public abstract InputValue Read();

    /// <param name="input">What the column feeds.</param>
    /// <param name="row">The cursor; the column must be active.</param>
    /// <param name="column">The column.</param>
    /// <param name="layout">How images are read.</param>
    public static InputReader Create(InputColumn input, DataViewRow row, DataViewSchema.Column column, InputLayout layout)
        => input.Kind switch
        {
            InputKind.Image => new ImageReader(row.GetGetter<MLImage>(column), layout.Preprocessing!),
            InputKind.ImageFile => new ImageFileReader(row.GetGetter<ReadOnlyMemory<char>>(column), layout.ImageFolder, layout.Preprocessing!),
            InputKind.Floats => new FloatReader(VectorGetter.Of<float>(row, column), input),
            _ => IntegerReader.Create(row, column, input),
        };
}
