using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Jobs.Tests;

public class TableColumnTests
{
    public static TheoryData<DataViewType, object, string> Refused => new()
    {
        { NumberDataViewType.Int32, 3.7, "has 3.7 (Double) in column 'N' where the model takes Int32" },
        { NumberDataViewType.Byte, 300, "has 300 (Int32) in column 'N' where the model takes Byte" },
        { NumberDataViewType.Single, "3", "has 3 (String) in column 'N' where the model takes Single" },
        { NumberDataViewType.Single, new DateTime(2026, 1, 2), "(DateTime) in column 'N' where the model takes Single" },
        { NumberDataViewType.Int64, double.NaN, "has NaN (Double)" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_value_that_is_no_value_of_the_column_is_refused(DataViewType type, object value, string expected)
    {
        var failure = Assert.Throws<InvalidDataException>(() => Get(type, value));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_another_type_that_mean_the_same_are_taken()
    {
        Assert.Equal(4, Get(NumberDataViewType.Int32, 4.0));
        Assert.Equal(4f, Get(NumberDataViewType.Single, 4L));
        Assert.Equal(0.1f, Get(NumberDataViewType.Single, 0.1));
    }

    private static object Get(DataViewType type, object value) => TableColumn.Create("N", type).MakeGetter(() => value) switch
    {
        ValueGetter<int> getter => Value(getter),
        ValueGetter<long> getter => Value(getter),
        ValueGetter<byte> getter => Value(getter),
        ValueGetter<float> getter => (object)Value(getter),
        var other => throw new ArgumentException($"{other}"),
    };

    private static T Value<T>(ValueGetter<T> getter)
        where T : struct
    {
        T value = default;
        getter(ref value);
        return value;
    }
}
