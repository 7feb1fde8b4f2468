namespace Iba.MLNet;

/// <summary>Mean and deviation of a network's outputs over rows, in float64: the scale of targets that are values.</summary>
internal sealed class OutputMoments
{
    private const int MostOutputs = 1 << 20;

    private double _count;
    private double[] _means = [], _squares = [];

    /// <summary>The standard deviation of each output; NaN where there were fewer than two rows.</summary>
    public double[] Deviations => Array.ConvertAll(_squares, squares => _count > 1 ? Math.Sqrt(squares / (_count - 1)) : double.NaN);

    /// <summary>Takes in the outputs of a row; those that are not finite are left out.</summary>
    public void Add(IReadOnlyList<double> row)
    {
        if (!row.All(double.IsFinite)) return;
        Merge(1, [.. row], new double[row.Count]);
    }

    /// <summary>Takes in those of further rows.</summary>
    public void Merge(OutputMoments other) => Merge(other._count, other._means, other._squares);

    // *** Binary format ***
    // double: number of rows; int: number of outputs; for each: double: mean; double: sum of squared deviations from it
    public void Save(BinaryWriter writer)
    {
        writer.Write(_count);
        writer.Write(_means.Length);
        for (int i = 0; i < _means.Length; i++)
        {
            writer.Write(_means[i]);
            writer.Write(_squares[i]);
        }
    }

    public static OutputMoments Load(SettingsReader reader)
    {
        var moments = new OutputMoments { _count = reader.Numbers.ReadDouble() };
        int count = reader.ReadCount(MostOutputs);
        (moments._means, moments._squares) = (new double[count], new double[count]);
        for (int i = 0; i < count; i++) (moments._means[i], moments._squares[i]) = (reader.Numbers.ReadDouble(), reader.Numbers.ReadDouble());
        SettingsReader.Check(moments._count >= 0 && double.IsFinite(moments._count) && moments._means.All(double.IsFinite) && moments._squares.All(squares => squares >= 0 && double.IsFinite(squares)));
        return moments;
    }

    private void Merge(double count, double[] means, double[] squares)
    {
        if (count == 0) return;
        if (_count == 0)
        {
            (_count, _means, _squares) = (count, [.. means], [.. squares]);
            return;
        }

        double all = _count + count;
        for (int i = 0; i < Math.Min(_means.Length, means.Length); i++)
        {
            double difference = means[i] - _means[i];
            _means[i] += difference * (count / all);
            _squares[i] += squares[i] + (difference * difference * (_count * count / all));
        }

        _count = all;
    }
}
