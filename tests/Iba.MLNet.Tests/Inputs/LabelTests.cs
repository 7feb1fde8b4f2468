using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>Whatever a label column holds, it means a class of the network, or is refused by name: never by the order in which labels are met.</summary>
public sealed class LabelTests : IDisposable
{
    private static readonly string[] Names = ["ant", "bee", "cat", "dog"];

    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Keys_of_names_mean_the_names_in_whatever_order_they_are_met(bool asText)
    {
        string[] labels = ["dog", "cat", "ant", "bee", "dog", "ant"];
        Assert.Equal([3, 2, 0, 1, 3, 0], Targets(Rows(labels), Names, asText ? "Text" : "Key"));
    }

    [Theory]
    [InlineData("Text")]
    [InlineData("Key")]
    public void A_label_that_is_no_class_name_is_its_row_s_failure_and_no_other_s(string column)
    {
        var rows = Rows("dog", "unknown", "ant", "");
        string[] outcomes = Outcomes(rows, Names, column);
        Assert.Equal("3", outcomes[0]);
        Assert.StartsWith($"Row 1: column '{column}' is 'unknown', which is none of the 4 class names (the nearest: 'ant', ", outcomes[1], StringComparison.Ordinal);
        Assert.Equal("0", outcomes[2]);
        Assert.Equal(
            column == "Key" ? "Row 3: column 'Key' has a missing key where the class to explain is needed."
                : "Row 3: column 'Text' is empty where the name of the class to explain is needed.",
            outcomes[3]);
    }

    [Fact]
    public void Upper_and_lower_case_may_differ_where_one_class_alone_fits()
    {
        Assert.Equal([2, 3], Targets(Rows("Cat", "DOG"), Names, "Key"));
        // An exact name comes first; one that fits two in another case fits none.
        Assert.Equal([1, 0], Targets(Rows("Ant", "ant"), ["ant", "Ant", "cat", "dog"], "Key"));
        Assert.Contains("is 'ANT', which may be class 0 ('ant') or 1 ('Ant')", Outcomes(Rows("cat", "ANT"), ["ant", "Ant", "cat", "dog"], "Key")[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_that_fit_did_not_see_are_missing_as_keys_and_names_as_texts()
    {
        var seen = Keyed(Rows("ant", "bee"));
        var later = _ml.Data.LoadFromEnumerable(Rows("dog", "bee"));
        using var keys = _ml.Transforms.Iba(Options(Names, "Key")).Fit(seen.View);
        Assert.Contains("has a missing key", Outcomes(keys.Transform(seen.Keys.Transform(later)))[0], StringComparison.Ordinal);
        Assert.Equal("1", Outcomes(keys.Transform(seen.Keys.Transform(later)))[1]);
        // Keys of another view have their own values, and those count.
        Assert.Equal(["3", "1"], Outcomes(keys.Transform(Keyed(Rows("dog", "bee")).View)));
        using var texts = _ml.Transforms.Iba(Options(Names, "Text")).Fit(seen.View);
        Assert.Equal(["3", "1"], Outcomes(texts.Transform(later)));
    }

    [Theory]
    [InlineData("Text")]
    [InlineData("Key")]
    public void Names_without_class_names_or_with_two_alike_are_refused_before_anything_runs(string column)
    {
        var keyed = Keyed(Rows("dog", "cat"));
        foreach (var (names, reason) in new[] { ((string[]?)null, "the names of the classes are not known: set ClassNames"), (["ant", "dog", "cat", "dog"], "2 classes are named 'dog'") })
        {
            var estimator = _ml.Transforms.Iba(Options(names, column));
            Assert.Contains(reason, Assert.ThrowsAny<ArgumentException>(() => estimator.GetOutputSchema(SchemaShape.Create(keyed.View.Schema))).Message, StringComparison.Ordinal);
            Assert.Contains(reason, Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(keyed.View)).Message, StringComparison.Ordinal);
        }

        Assert.Empty(_network.HeadCalls);
        // Numbers as labels do not need names, nor different ones.
        Assert.Equal([1, 0], Targets(Rows("1", "0"), ["dog", "dog", "a", "b"], "Number"));
    }

    [Fact]
    public void Fit_says_which_keys_stand_for_no_class_and_refuses_where_none_does()
    {
        var warnings = _ml.Listen("Warning");
        Targets(Rows("dog", "cat"), Names, "Key");
        Assert.DoesNotContain(warnings, warning => warning.Contains("stand for no class", StringComparison.Ordinal));
        Outcomes(Rows("dog", "wolf"), Names, "Key");
        Assert.Contains(warnings, warning => warning.Contains("1 of the 2 keys of label column 'Key' stand for no class", StringComparison.Ordinal) && warning.Contains("'wolf'", StringComparison.Ordinal));
        Assert.Contains(
            "None of the 2 keys of label column 'Key' stands for a class",
            Assert.Throws<InvalidOperationException>(() => Targets(Rows("wolf", "fox"), Names, "Key")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_over_numbers_mean_the_numbers()
    {
        Assert.Equal([3, 0, 2, 1, 3], Targets(Rows("3", "0", "2", "1", "3"), null, "NumberKey"));
        Assert.Equal([3, 0, 2], Targets(Rows("3", "0", "2"), null, "WholeKey"));
        string[] outcomes = Outcomes(Rows("3", "2.5", "7", "-1"), null, "NumberKey");
        Assert.Equal("3", outcomes[0]);
        Assert.Contains("Row 1: column 'NumberKey' is 2.5, which is no class", outcomes[1], StringComparison.Ordinal);
        Assert.Contains("Row 2: column 'NumberKey' asks for class 7; the network has classes 0 to 3", outcomes[2], StringComparison.Ordinal);
        Assert.Contains("Row 3: column 'NumberKey' is -1; a class is at least 0", outcomes[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_of_floating_point_are_classes_where_they_are_whole()
    {
        Assert.Equal([3, 0], Targets(Rows("3", "0"), null, "Number"));
        string[] outcomes = Outcomes(Rows("1", "0.5", "NaN"), null, "Number");
        Assert.Equal("1", outcomes[0]);
        Assert.Contains("is 0.5, which is no class", outcomes[1], StringComparison.Ordinal);
        Assert.Contains("is missing", outcomes[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, 2, 1, 0)]
    [InlineData("no", "yes", 2, 1, 0)]
    [InlineData("True", "False", 2, 0, 1)]
    public void True_is_the_second_of_two_classes_unless_names_say_otherwise(string? first, string? second, int count, int ofTrue, int ofFalse)
    {
        var classes = new LabelClasses(first == null ? null : [first, second!], count);
        Assert.Equal((ofTrue, ofFalse), (classes.OfBoolean(true), classes.OfBoolean(false)));
    }

    [Fact]
    public void Booleans_are_refused_where_more_than_two_classes_have_other_names()
    {
        var rows = Rows("1", "0");
        Assert.Contains("is Boolean, but the network has more than two classes", Assert.Throws<InvalidOperationException>(() => Targets(rows, Names, "Flag")).Message, StringComparison.Ordinal);
        Assert.Equal([2, 1], Targets(rows, ["ant", "FALSE", "true", "dog"], "Flag"));
    }

    [Fact]
    public void Keys_without_values_count_from_one()
    {
        Assert.Equal([2, 0], Targets(Rows("2", "0"), null, "Bare"));
    }

    private sealed class Row
    {
        [VectorType(3, PixelRow.Side, PixelRow.Side)]
        public float[] Pixels { get; set; } = [];

        public string Text { get; set; } = "";

        public float Number { get; set; }

        public int Whole { get; set; }

        public bool Flag { get; set; }

        [KeyType(4)]
        public uint Bare { get; set; }
    }

    private static Row[] Rows(params string[] labels) => PixelRow.Make(labels.Length, seed: 4).Zip(labels, (pixels, label) => new Row
    {
        Pixels = pixels.Pixels,
        Text = label,
        Number = float.TryParse(label, System.Globalization.CultureInfo.InvariantCulture, out float number) ? number : 0,
        Whole = (int)(float.IsFinite(number) ? number : 0),
        Flag = number == 1,
        Bare = float.IsFinite(number) && number >= 0 ? (uint)number : 0, // ML.NET adds the one.
    }).ToArray();

    private IbaEstimator.Options Options(string[]? names, string column) => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Pixels",
        Network = _network,
        Layer = "conv2",
        Steps = 1,
        NoiseCopies = 1,
        Seed = 1,
        TargetColumnName = "Target",
        ClassNames = names,
        LabelColumnName = column,
    };

    private (IDataView View, ITransformer Keys) Keyed(Row[] rows)
    {
        var data = _ml.Data.LoadFromEnumerable(rows);
        var keys = _ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Key", "Text"), new("NumberKey", "Number"), new("WholeKey", "Whole")]).Fit(data);
        return (keys.Transform(data), keys);
    }

    private int[] Targets(Row[] rows, string[]? names, string column) => Outcomes(rows, names, column).Select(int.Parse).ToArray();

    private string[] Outcomes(Row[] rows, string[]? names, string column)
    {
        var view = Keyed(rows).View;
        using var transformer = _ml.Transforms.Iba(Options(names, column)).Fit(view);
        return Outcomes(transformer.Transform(view));
    }

    /// <summary>The explained class of each row, or why there is none.</summary>
    private static string[] Outcomes(IDataView view)
    {
        using var cursor = view.GetRowCursor([view.Schema["Target"]]);
        var target = cursor.GetGetter<int>(view.Schema["Target"]);
        var outcomes = new List<string>();
        while (cursor.MoveNext())
        {
            int value = 0;
            outcomes.Add(Record.Exception(() => target(ref value))?.Message ?? $"{value}");
        }

        return outcomes.ToArray();
    }
}
