using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>Bad input gets a message that names column and row, and does not take good rows with it.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();

    public void Dispose() => _network.Dispose();

    private IbaEstimator Estimator(Action<IbaEstimator.Options>? change = null)
    {
        var options = TestPipelines.PixelOptions(_network);
        change?.Invoke(options);
        return _ml.Transforms.Iba(options);
    }

    private IDataView Data(int count, int bad = -1, float value = float.NaN)
    {
        var rows = PixelRow.Make(count);
        if (bad >= 0) rows[bad].Pixels[7] = value;
        return _ml.Data.LoadFromEnumerable(rows);
    }

    private string FitFailure(IDataView data, Action<IbaEstimator.Options>? change = null)
        => Assert.ThrowsAny<InvalidOperationException>(() => Estimator(change).Fit(data)).Message;

    [Fact]
    public void Empty_data_and_a_single_row_are_refused_and_few_rows_warned_of()
    {
        Assert.Contains("no rows", FitFailure(Data(0)), StringComparison.Ordinal);
        Assert.Contains("at least 2", FitFailure(Data(1)), StringComparison.Ordinal);
        var warnings = _ml.Listen("Warning");
        Estimator().Fit(Data(99)).Dispose();
        string warned = Assert.Single(warnings);
        Assert.Contains("99 rows only", warned, StringComparison.Ordinal);
        Assert.Contains("or set PerChannelStatistics", warned, StringComparison.Ordinal);
        warnings.Clear();
        Estimator(options => options.PerChannelStatistics = true).Fit(Data(99)).Dispose();
        Assert.EndsWith("to be explained.", Assert.Single(warnings), StringComparison.Ordinal);
        warnings.Clear();
        Estimator().Fit(Data(100)).Dispose();
        Assert.Empty(warnings);
        Assert.Contains("rows left out: 1, measured: none", FitFailure(Data(1, bad: 0), options => options.BadRows = BadRowHandling.Missing), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_value_that_is_not_finite_is_named_with_row_and_column(float value)
    {
        string message = FitFailure(Data(12, bad: 5, value));
        Assert.Contains("Row 5", message, StringComparison.Ordinal);
        Assert.Contains("'Pixels'", message, StringComparison.Ordinal);
        Assert.Contains("index 7", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_row_throws_when_it_is_read_and_loses_no_other()
    {
        using var transformer = Estimator().Fit(Data(12));
        var expected = _ml.Read(transformer.Transform(Data(12)));
        var view = transformer.Transform(Data(12, bad: 5));
        using var cursor = view.GetRowCursor([view.Schema["Bits"], view.Schema["Name"]]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        var name = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Name"]);
        for (int row = 0; cursor.MoveNext(); row++)
        {
            float value = 0;
            ReadOnlyMemory<char> text = default;
            name(ref text);
            Assert.Equal($"row {row}", text.ToString());
            if (row == 5) Assert.Contains("Row 5", Assert.Throws<InvalidOperationException>(() => bits(ref value)).Message, StringComparison.Ordinal);
            else
            {
                bits(ref value);
                Assert.Equal(expected[row].Bits, value, 1e-5 * value);
            }
        }
    }

    [Fact]
    public void Bad_rows_may_be_missing_values_instead()
    {
        var warnings = _ml.Listen("Warning");
        using var transformer = Estimator(options => options.BadRows = BadRowHandling.Missing).Fit(Data(12, bad: 5));
        Assert.Equal(11, transformer.MeasuredRows);
        var rows = _ml.Read(transformer.Transform(Data(12, bad: 3)));
        Assert.Equal([3], Enumerable.Range(0, 12).Where(row => float.IsNaN(rows[row].Bits)));
        Assert.Equal(256, rows[3].Heatmap.Count(float.IsNaN));
        Assert.Equal((-1, 4, 6 * 256), (rows[3].Target, rows[3].Scores.Count(float.IsNaN), rows[3].Capacity.Count(float.IsNaN)));
        Assert.Contains(warnings, warning => warning.Contains("Row 5", StringComparison.Ordinal));
        Assert.Contains(warnings, warning => warning.Contains("Row 3", StringComparison.Ordinal));
    }

    [Fact]
    public void A_row_that_makes_the_network_fail_is_found_in_its_batch()
    {
        using var transformer = Estimator().Fit(Data(12));
        var rows = PixelRow.Make(12);
        rows[9].Pixels[0] = 1000;
        _network.Fail = input => input.max().item<float>() > 999;
        var view = transformer.Transform(_ml.Data.LoadFromEnumerable(rows));
        using var cursor = view.GetRowCursor([view.Schema["Bits"]]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        var failed = new List<string>();
        while (cursor.MoveNext())
        {
            float value = 0;
            if (Record.Exception(() => bits(ref value)) is { } failure) failed.Add(failure.Message);
        }

        Assert.Contains("Row 9 cannot be explained at layer 'conv1': the network failed", Assert.Single(failed), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_out_of_range_and_missing_keys_are_named()
    {
        var rows = PixelRow.Make(4);
        rows[2].Label = 4;
        rows[3].Label = -1;
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var transformer = Estimator(options => options.LabelColumnName = "Label").Fit(data);
        Assert.Equal(["", "", "Row 2: column 'Label' asks for class 4; the network has classes 0 to 3.", "Row 3: column 'Label' is -1; a class is at least 0."],
            Failures(transformer.Transform(data)));

        var keyed = _ml.Transforms.Conversion.MapValueToKey("Key", "Label").Fit(_ml.Data.TakeRows(data, 2)).Transform(data);
        using var byKey = Estimator(options => options.LabelColumnName = "Key").Fit(keyed);
        Assert.Contains("Row 2: column 'Key' has a missing key", Failures(byKey.Transform(keyed))[2], StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentOutOfRangeException>(() => Estimator(options => options.LabelColumnName = "Name").Fit(data));
        Assert.ThrowsAny<ArgumentOutOfRangeException>(() => Estimator(options => options.LabelColumnName = "Nowhere").Fit(data));
        Assert.Contains("classes 0 to 3", Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.TargetIndex = 4).Fit(data)).Message, StringComparison.Ordinal);
    }

    private static string[] Failures(IDataView view)
    {
        using var cursor = view.GetRowCursor([view.Schema["Bits"]]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        var failures = new List<string>();
        while (cursor.MoveNext())
        {
            float value = 0;
            failures.Add(Record.Exception(() => bits(ref value))?.Message ?? "");
        }

        return [.. failures];
    }

    [Fact]
    public void Layers_that_cannot_be_explained_are_refused()
    {
        string message = Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.Layer = "conv3")).Message;
        Assert.Contains("conv1, conv2", message, StringComparison.Ordinal);
        Assert.Contains("Nothing after layer 'constant' depends on it", FitFailure(Data(12), options => options.Layer = "constant"), StringComparison.Ordinal);
        var same = Enumerable.Repeat(PixelRow.Make(1)[0], 5);
        Assert.Contains("same values in all 5 rows", FitFailure(_ml.Data.LoadFromEnumerable(same)), StringComparison.Ordinal);
    }

    [Fact]
    public void Vectors_of_another_size_are_refused_before_anything_is_computed()
    {
        var schema = SchemaDefinition.Create(typeof(PixelRow));
        schema["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 3, 8, 8);
        var small = _ml.Data.LoadFromEnumerable(PixelRow.Make(2), schema);
        Assert.Contains("[3, 8, 8]", Assert.ThrowsAny<Exception>(() => Estimator().Fit(small)).Message, StringComparison.Ordinal);
        using var transformer = Estimator().Fit(Data(12));
        Assert.Contains("768", Assert.ThrowsAny<ArgumentOutOfRangeException>(() => transformer.Transform(small)).Message, StringComparison.Ordinal);

        var varying = SchemaDefinition.Create(typeof(PixelRow));
        varying["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single);
        Assert.ThrowsAny<ArgumentOutOfRangeException>(() => Estimator().Fit(_ml.Data.LoadFromEnumerable(PixelRow.Make(2), varying)));
    }

    [Fact]
    public void A_flat_vector_takes_the_network_s_dimensions_or_those_of_the_options()
    {
        var schema = SchemaDefinition.Create(typeof(PixelRow));
        schema["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 768);
        var flat = _ml.Data.LoadFromEnumerable(PixelRow.Make(12), schema);
        using var declared = Estimator().Fit(flat);
        Assert.Equal("Vector<Single, 16, 16>", declared.GetOutputSchema(flat.Schema)["Heatmap"].Type.ToString());
        using var open = new ConvolutionalNetwork(size: -1);
        Assert.Contains("InputShape", Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.Network = open).Fit(flat)).Message, StringComparison.Ordinal);
        using var given = Estimator(options => (options.Network, options.InputShape) = (open, [3, 8, 32])).Fit(flat);
        Assert.Equal("Vector<Single, 8, 32>", given.GetOutputSchema(flat.Schema)["Heatmap"].Type.ToString());
    }

    [Theory]
    [InlineData("Beta")]
    [InlineData("Steps")]
    [InlineData("NoiseCopies")]
    [InlineData("LearningRate")]
    [InlineData("Sigma")]
    [InlineData("MinStd")]
    [InlineData("BatchSize")]
    [InlineData("RowsPerPass")]
    [InlineData("PassesAtOnce")]
    [InlineData("MemoryBudget")]
    [InlineData("MaximumFitRows")]
    [InlineData("ActiveThreshold")]
    [InlineData("TargetIndex")]
    [InlineData("ChannelDimension")]
    [InlineData("InputChannelDimension")]
    public void Options_out_of_range_are_named_with_the_value_found(string name)
    {
        var failure = Assert.ThrowsAny<ArgumentException>(() => Estimator(options =>
        {
            if (typeof(IbaEstimator.Options).GetField(name) is { } field) field.SetValue(options, Minus3(field.FieldType));
            else typeof(IbaEstimator.Options).GetProperty(name)!.SetValue(options, Minus3(typeof(IbaEstimator.Options).GetProperty(name)!.PropertyType));
        }));
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
        Assert.Contains("-3", failure.Message, StringComparison.Ordinal);

        static object Minus3(Type type) => Convert.ChangeType(-3, Nullable.GetUnderlyingType(type) ?? type, null);
    }

    [Fact]
    public void Statistics_of_nothing_or_of_extreme_values_are_refused()
    {
        Assert.Contains("ActiveThreshold", Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.ActiveThreshold = 1).Fit(Data(12))).Message, StringComparison.Ordinal);
        Assert.Contains("too large", FitFailure(Data(12, bad: 5, value: 3e38f)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_of_the_method_is_named_once()
    {
        var failure = Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.Beta = -1));
        Assert.Equal("Beta", failure.ParamName);
        Assert.Equal(1, failure.Message.Split("Parameter").Length - 1);
        Assert.Equal("TotalBitsColumnName", Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.TotalBitsColumnName = " ")).ParamName);
    }

    [Fact]
    public void Negative_integers_are_values_where_the_network_takes_floats()
    {
        var rows = Enumerable.Range(0, 12).Select(row => new IntegerRow { Pixels = PixelRow.Make(1, row)[0].Pixels.Select(value => (int)(100 * value)).ToArray() });
        var data = _ml.Data.LoadFromEnumerable(rows.ToArray());
        using var transformer = Estimator().Fit(data);
        Assert.All(_ml.Read(transformer.Transform(data)), row => Assert.True(row.Bits > 0));
    }

    private sealed class IntegerRow
    {
        [VectorType(3, PixelRow.Side, PixelRow.Side)]
        public int[] Pixels { get; set; } = [];
    }

    [Fact]
    public void Later_changes_of_the_options_leave_the_estimator_alone()
    {
        var options = TestPipelines.PixelOptions(_network);
        options.InputShape = [3, 16, 16];
        options.ClassNames = ["a", "b", "c", "d"];
        var estimator = _ml.Transforms.Iba(options);
        (options.InputShape[0], options.ClassNames[0], options.Layer) = (7, "z", "none");
        using var transformer = estimator.Fit(Data(12));
        VBuffer<ReadOnlyMemory<char>> names = default;
        transformer.GetOutputSchema(Data(12).Schema)["Scores"].GetSlotNames(ref names);
        Assert.Equal("a", names.GetValues()[0].ToString());
    }

    [Fact]
    public void Options_that_contradict_each_other_are_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.Network = null));
        Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.OutputColumnName = " "));
        Assert.ThrowsAny<ArgumentException>(() => Estimator(options => (options.TargetIndex, options.LabelColumnName) = (1, "Label")));
        Assert.Contains("'Bits'", Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.TargetColumnName = "Bits")).Message, StringComparison.Ordinal);
        Assert.Contains("'ids'", Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.InputName = "ids")).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.Preprocessing = ImagePreprocessing.ImageNet).Fit(Data(12)));
        Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.OverlayColumnName = "Overlay").Fit(Data(12)));
        Assert.Contains("5 names", Assert.ThrowsAny<ArgumentException>(() => Estimator(options => options.ClassNames = ["a", "b", "c", "d", "e"]).Fit(Data(12))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gpu_that_is_not_there_is_refused_or_replaced_by_the_cpu()
    {
        if (TorchSharp.torch.cuda.is_available()) return;
        Assert.Contains("GPU 3", FitFailure(Data(12), options => options.GpuDeviceId = 3), StringComparison.Ordinal);
        using var options = new ConvolutionalNetwork();
        _ml.GpuDeviceId = 0;
        Assert.Contains("FallbackToCpu", FitFailure(Data(12)), StringComparison.Ordinal);
    }
}
