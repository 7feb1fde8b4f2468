using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>Messages call a row by the column that names rows.</summary>
public sealed class RowIdentityTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Theory]
    [InlineData(null, "Row 5: ")]
    [InlineData("Name", "Row 5 (row 5): ")]
    [InlineData("Label", "Row 5 (1): ")]
    [InlineData("Key", "Row 5 (row 5): ")]
    [InlineData("Hash", "Row 5 (")]
    public void Refusals_of_Fit_and_of_rows_name_it(string? column, string expected)
    {
        var bad = Rows(bad: 5);
        Assert.StartsWith(expected, Assert.ThrowsAny<InvalidOperationException>(() => Estimator(column).Fit(bad)).Message, StringComparison.Ordinal);

        var warnings = _ml.Listen("Warning");
        using var missing = Estimator(column, BadRowHandling.Missing).Fit(bad);
        Assert.Contains(warnings, warning => warning.Contains($"Row left out. {expected}", StringComparison.Ordinal));
        warnings.Clear();
        Assert.Equal([5], _ml.Read(missing.Transform(bad)).Select((row, i) => (row.Bits, i)).Where(row => float.IsNaN(row.Bits)).Select(row => row.i));
        Assert.Contains($"Row left out. {expected}", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_makes_the_network_fail_is_named_too()
    {
        using var transformer = Estimator("Name").Fit(Rows());
        var rows = PixelRow.Make(12);
        rows[9].Pixels[0] = 1000;
        _network.Fail = input => input.max().item<float>() > 999;
        Assert.StartsWith("Row 9 (row 9) cannot be explained at layer 'conv1'", Failure(transformer, _ml.Data.LoadFromEnumerable(rows)), StringComparison.Ordinal);
        Assert.StartsWith(
            "Row 9 (row 9): layer 'conv1' cannot be measured",
            Assert.ThrowsAny<InvalidOperationException>(() => Estimator("Name").Fit(_ml.Data.LoadFromEnumerable(rows))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_loaded_transformer_names_rows_where_what_it_explains_has_the_column()
    {
        using var file = new MemoryStream();
        using (var transformer = Estimator("Name").Fit(Rows())) _ml.Model.Save(transformer, null, file);
        var loaded = _ml.Model.Load(file, out _);
        using var owner = (IDisposable)loaded;
        var bad = Rows(bad: 5);
        Assert.StartsWith("Row 5 (row 5): column 'Pixels'", Failure(loaded, bad), StringComparison.Ordinal);
        Assert.StartsWith("Row 5: column 'Pixels'", Failure(loaded, _ml.Transforms.DropColumns("Name").Fit(bad).Transform(bad)), StringComparison.Ordinal);
        var number = _ml.Transforms.CopyColumns("Name", "Number").Fit(bad).Transform(bad);
        Assert.StartsWith("Row 5: column 'Pixels'", Failure(loaded, number), StringComparison.Ordinal);

        using var engine = _ml.Model.CreatePredictionEngine<PixelRow, ExplainedRow>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        var row = PixelRow.Make(1)[0];
        row.Pixels[7] = float.NaN;
        Assert.Contains("(row 0): column 'Pixels'", Assert.ThrowsAny<InvalidOperationException>(() => engine.Predict(row)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_that_cannot_name_rows_is_refused_by_Fit()
    {
        Assert.Contains("'Number'", Assert.ThrowsAny<ArgumentException>(() => Estimator("Number").Fit(Rows())).Message, StringComparison.Ordinal);
        Assert.Contains("'Nowhere'", Assert.ThrowsAny<ArgumentException>(() => Estimator("Nowhere").Fit(Rows())).Message, StringComparison.Ordinal);
    }

    private IbaEstimator Estimator(string? column, BadRowHandling badRows = BadRowHandling.Throw)
    {
        var options = TestPipelines.PixelOptions(_network);
        (options.RowIdColumnName, options.BadRows) = (column, badRows);
        return _ml.Transforms.Iba(options);
    }

    private IDataView Rows(int bad = -1)
    {
        var rows = PixelRow.Make(12);
        if (bad >= 0) rows[bad].Pixels[7] = float.NaN;
        var data = _ml.Data.LoadFromEnumerable(rows);
        return _ml.Transforms.Conversion.MapValueToKey("Key", "Name").Append(_ml.Transforms.Conversion.Hash("Hash", "Name")).Fit(data).Transform(data);
    }

    private static string Failure(ITransformer transformer, IDataView data)
    {
        var view = transformer.Transform(data);
        using var cursor = view.GetRowCursor(view.Schema["Bits"]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        float value = 0;
        while (cursor.MoveNext())
        {
            if (Record.Exception(() => bits(ref value)) is { } failure) return failure.Message;
        }

        return "";
    }
}
