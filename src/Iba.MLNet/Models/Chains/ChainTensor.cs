using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.MLNet;

/// <summary>What a column of a fitted chain stands for, told apart by identity: two columns with the same tensor hold the same values.</summary>
internal abstract class ChainTensor(params IReadOnlyList<ChainTensor> sources)
{
    /// <summary>What it is made of.</summary>
    public IReadOnlyList<ChainTensor> Sources => sources;

    /// <summary>How many values a row has; null: not known.</summary>
    public virtual int? Width => null;
}

/// <summary>A column that no network makes: the user's own, or made of such.</summary>
/// <param name="column">Its name.</param>
internal sealed class ColumnTensor(string column) : ChainTensor
{
    /// <summary>The column's name.</summary>
    public string Column => column;
}

/// <summary>An output of a network.</summary>
/// <param name="part">The network.</param>
/// <param name="output">The output's name in its file.</param>
internal sealed class OutputTensor(NetworkPart part, string output) : ChainTensor(part.Sources)
{
    /// <summary>The network.</summary>
    public NetworkPart Part => part;

    /// <summary>The output's name in its file.</summary>
    public string Output => output;

    /// <summary>Whether it holds single-precision numbers, or its file does not say.</summary>
    public bool IsSingle => part.Declared(output)?.Type?.TensorType?.ElemType is null or (int)DataType.Undefined or (int)DataType.Float;

    /// <inheritdoc/>
    public override int? Width => part.ShapeOf(output) is { } shape && shape.Skip(1).All(size => size > 0) ? (int)shape.Skip(1).Aggregate(1L, (product, size) => product * size) : null;
}

/// <summary><c>(x - offset) * scale</c>, value by value.</summary>
/// <param name="source">x.</param>
/// <param name="scale">The scales: one for each value.</param>
/// <param name="offset">The offsets: one for each value.</param>
internal sealed class ScaledTensor(ChainTensor source, float[] scale, float[] offset) : ChainTensor(source)
{
    /// <summary>The scales.</summary>
    public float[] Scale => scale;

    /// <summary>The offsets.</summary>
    public float[] Offset => offset;

    /// <inheritdoc/>
    public override int? Width => scale.Length;
}

/// <summary>Some of a row's values.</summary>
/// <param name="source">The row.</param>
/// <param name="slots">Which values, in order.</param>
internal sealed class SelectedTensor(ChainTensor source, int[] slots) : ChainTensor(source)
{
    /// <summary>Which values.</summary>
    public int[] Slots => slots;

    /// <inheritdoc/>
    public override int? Width => slots.Length;
}

/// <summary>Rows one behind the other.</summary>
/// <param name="sources">The rows.</param>
internal sealed class JoinedTensor(IReadOnlyList<ChainTensor> sources) : ChainTensor(sources)
{
    /// <inheritdoc/>
    public override int? Width => Sources.All(source => source.Width != null) ? Sources.Sum(source => source.Width) : null;
}

/// <summary>What is not followed.</summary>
/// <param name="reason">Why, behind the words "column X, which": "the step S makes out of a network's outputs".</param>
/// <param name="sources">What it may be made of.</param>
internal sealed class OpaqueTensor(string reason, params IReadOnlyList<ChainTensor> sources) : ChainTensor(sources)
{
    /// <summary>Why.</summary>
    public string Reason => reason;
}
