using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet.Tests;

/// <summary>What ML.NET checks of each of its own estimators.</summary>
public sealed class EstimatorWorkoutTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _valid;
    private readonly IDataView _invalid;
    private readonly IbaEstimator _estimator;

    public EstimatorWorkoutTests()
    {
        var rows = PixelRow.Make(12);
        _valid = _ml.Data.LoadFromEnumerable(rows);
        _invalid = _ml.Data.LoadFromEnumerable(rows.Select(row => new { Pixels = row.Name }));
        var options = TestPipelines.PixelOptions(_network);
        options.ClassNames = ["a", "b", "c", "d"];
        _estimator = _ml.Transforms.Iba(options);
    }

    public void Dispose() => _network.Dispose();

    [Fact]
    public void The_promised_schema_is_delivered()
    {
        var promised = _estimator.GetOutputSchema(SchemaShape.Create(_valid.Schema)).OrderBy(column => column.Name).ToArray();
        using var transformer = _estimator.Fit(_valid);
        var delivered = SchemaShape.Create(transformer.GetOutputSchema(_valid.Schema)).OrderBy(column => column.Name).ToArray();
        Assert.Equal(promised.Length, delivered.Length);
        for (int i = 0; i < promised.Length; i++)
        {
            Assert.True(delivered[i].IsCompatibleWith(promised[i]), promised[i].Name);
            Assert.True(promised[i].IsCompatibleWith(delivered[i]), promised[i].Name);
        }
    }

    [Fact]
    public void Invalid_input_fails_before_anything_is_computed()
    {
        using var transformer = _estimator.Fit(_valid);
        Assert.ThrowsAny<ArgumentOutOfRangeException>(() => _estimator.GetOutputSchema(SchemaShape.Create(_invalid.Schema)));
        Assert.ThrowsAny<ArgumentOutOfRangeException>(() => _estimator.Fit(_invalid));
        Assert.ThrowsAny<ArgumentOutOfRangeException>(() => transformer.GetOutputSchema(_invalid.Schema));
        var failure = Assert.ThrowsAny<ArgumentOutOfRangeException>(() => transformer.Transform(_invalid));
        Assert.True(failure.IsMarked());
        Assert.Contains("'Pixels'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("String", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Schemas_agree_between_transform_mapper_and_schema_propagation()
    {
        using var transformer = _estimator.Fit(_valid);
        var schema = transformer.GetOutputSchema(_valid.Schema);
        AssertSameSchema(schema, transformer.Transform(_valid).Schema);
        Assert.True(((ITransformer)transformer).IsRowToRowMapper);
        var mapper = ((ITransformer)transformer).GetRowToRowMapper(_valid.Schema);
        Assert.Same(_valid.Schema, mapper.InputSchema);
        AssertSameSchema(schema, mapper.OutputSchema);
    }

    [Fact]
    public void A_saved_and_loaded_transformer_gives_the_same_schema_and_values()
    {
        using var transformer = _estimator.Fit(_valid);
        using var stream = new MemoryStream();
        _ml.Model.Save(transformer, _valid.Schema, stream);
        stream.Position = 0;
        var loaded = new MLContext().Model.Load(stream, out var inputSchema);
        AssertSameSchema(_valid.Schema, inputSchema);
        AssertSameSchema(transformer.GetOutputSchema(_valid.Schema), loaded.GetOutputSchema(_valid.Schema));
        var (expected, actual) = (transformer.Transform(_valid), loaded.Transform(_valid));
        AssertSameSchema(expected.Schema, actual.Schema);

        // All columns, the even ones, the odd ones, and each alone.
        int[] all = Enumerable.Range(0, expected.Schema.Count).ToArray();
        AssertSameValues(expected, actual, all);
        AssertSameValues(expected, actual, all.Where(index => index % 2 == 0).ToArray());
        AssertSameValues(expected, actual, all.Where(index => index % 2 == 1).ToArray());
        foreach (int index in all) AssertSameValues(expected, actual, [index]);
        ((IDisposable)loaded).Dispose();
    }

    [Fact]
    public void Cursors_have_the_view_s_schema_rising_positions_and_different_ids()
    {
        using var transformer = _estimator.Fit(_valid);
        var view = transformer.Transform(_valid);
        foreach (var columns in new[] { view.Schema.ToArray(), [view.Schema["Heatmap"]], [view.Schema["Name"]], [] })
        {
            using var cursor = view.GetRowCursor(columns);
            Assert.Same(view.Schema, cursor.Schema);
            foreach (var column in view.Schema) Assert.Equal(columns.Contains(column), cursor.IsColumnActive(column));
            Assert.Equal(-1, cursor.Position);
            var ids = new HashSet<DataViewRowId>();
            var id = cursor.GetIdGetter();
            for (long position = 0; cursor.MoveNext(); position++)
            {
                Assert.Equal(position, cursor.Position);
                DataViewRowId value = default;
                id(ref value);
                Assert.True(ids.Add(value));
            }

            Assert.Equal(12, ids.Count);
            Assert.False(cursor.MoveNext());
        }
    }

    [Fact]
    public void A_row_s_id_does_not_depend_on_the_columns_read()
    {
        using var transformer = _estimator.Fit(_valid);
        var view = transformer.Transform(_valid);
        Assert.Equal(Ids(view, view.Schema["Name"]), Ids(view, view.Schema["Heatmap"]));
        Assert.Equal(Ids(_valid, _valid.Schema["Name"]), Ids(view, view.Schema["Heatmap"]));
    }

    private static List<DataViewRowId> Ids(IDataView view, DataViewSchema.Column column)
    {
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetIdGetter();
        var ids = new List<DataViewRowId>();
        while (cursor.MoveNext())
        {
            DataViewRowId id = default;
            getter(ref id);
            ids.Add(id);
        }

        return ids;
    }

    private static void AssertSameSchema(DataViewSchema expected, DataViewSchema actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Name, actual[i].Name);
            Assert.Equal(expected[i].IsHidden, actual[i].IsHidden);
            Assert.Equal(expected[i].Type, actual[i].Type);
            Assert.Equal(
                expected[i].Annotations.Schema.Select(annotation => (annotation.Name, annotation.Type)),
                actual[i].Annotations.Schema.Select(annotation => (annotation.Name, annotation.Type)));
        }
    }

    private static void AssertSameValues(IDataView expected, IDataView actual, int[] columns)
    {
        using var first = expected.GetRowCursor(columns.Select(index => expected.Schema[index]));
        using var second = actual.GetRowCursor(columns.Select(index => actual.Schema[index]));
        var comparisons = columns.Select(index => Comparison(first, second, index)).ToArray();
        int rows = 0;
        for (; first.MoveNext(); rows++)
        {
            Assert.True(second.MoveNext());
            Assert.Equal(first.Position, second.Position);
            foreach (var compare in comparisons) compare();
        }

        Assert.False(second.MoveNext());
        Assert.Equal(12, rows);
    }

    private static Action Comparison(DataViewRow first, DataViewRow second, int index)
    {
        var (a, b) = (first.Schema[index], second.Schema[index]);
        return a.Type switch
        {
            VectorDataViewType => Compare<VBuffer<float>>((x, y) =>
            {
                float[] expected = x.DenseValues().ToArray(), actual = y.DenseValues().ToArray();
                Assert.Equal(expected.Length, actual.Length);
                double tolerance = 1e-6 * Math.Max(1, expected.Max(Math.Abs));
                for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance);
            }),
            TextDataViewType => Compare<ReadOnlyMemory<char>>((x, y) => Assert.Equal(x.ToString(), y.ToString())),
            BooleanDataViewType => Compare<bool>((x, y) => Assert.Equal(x, y)),
            _ when a.Type == NumberDataViewType.Int32 => Compare<int>((x, y) => Assert.Equal(x, y)),
            _ => Compare<float>((x, y) => Assert.Equal(x, y, 1e-6 * Math.Max(1, Math.Abs(x)))),
        };

        Action Compare<T>(Action<T, T> assertEqual)
        {
            var (getFirst, getSecond) = (first.GetGetter<T>(a), second.GetGetter<T>(b));
            return () =>
            {
                T x = default!, y = default!;
                getFirst(ref x);
                getSecond(ref y);
                assertEqual(x, y);
            };
        }
    }
}
