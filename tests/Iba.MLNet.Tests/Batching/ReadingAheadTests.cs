using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>While one batch is computed, the next one is read.</summary>
public sealed class ReadingAheadTests : IDisposable
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(20);

    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly PixelRow[] _rows = PixelRow.Make(30);
    private readonly IbaTransformer _transformer;
    private int _read;
    private int _readers;
    private bool _readByTwo;

    public ReadingAheadTests()
        => _transformer = _ml.Transforms.Iba(TestPipelines.PixelOptions(_network)).Fit(_ml.Data.LoadFromEnumerable(_rows));

    public void Dispose()
    {
        _transformer.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void The_next_batch_is_read_once_a_value_is_asked_for_and_no_more()
    {
        var view = _transformer.Transform(_ml.Data.LoadFromEnumerable(Counted()));
        using var cursor = view.GetRowCursor([view.Schema["Bits"]]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        float value = 0;
        Assert.True(cursor.MoveNext());
        Assert.Equal(8, _read);
        bits(ref value);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _read) == 16, LongEnough));
        for (int row = 1; row < 8; row++) Assert.True(cursor.MoveNext());
        Assert.Equal(16, _read);
    }

    [Fact]
    public void Rows_come_in_order_and_the_source_meets_one_reader_at_a_time()
    {
        var expected = _ml.Read(_transformer.Transform(_ml.Data.LoadFromEnumerable(_rows)));
        var rows = _ml.Read(_transformer.Transform(_ml.Data.LoadFromEnumerable(Counted())));
        Assert.Equal(_rows.Select(row => row.Name), rows.Select(row => row.Name));
        foreach (var (wanted, found) in expected.Zip(rows)) IbaTransformerTests.AssertClose(wanted, found);
        Assert.Equal(30, _read);
        Assert.False(_readByTwo);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(13)]
    public void What_the_source_throws_is_thrown_at_its_row(int broken)
    {
        var view = _transformer.Transform(_ml.Data.LoadFromEnumerable(Counted(broken)));
        using var cursor = view.GetRowCursor([view.Schema["Bits"]]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        float value = 0;
        for (int row = 0; row < broken; row++)
        {
            Assert.True(cursor.MoveNext());
            bits(ref value);
            Assert.True(value > 0);
        }

        Assert.Equal("broken", Assert.Throws<IOException>(() => cursor.MoveNext()).Message);
    }

    [Fact]
    public void Nothing_is_read_once_a_cursor_is_disposed()
    {
        var view = _transformer.Transform(_ml.Data.LoadFromEnumerable(Counted(slowly: true)));
        var cursor = view.GetRowCursor([view.Schema["Bits"]]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        float value = 0;
        Assert.True(cursor.MoveNext());
        bits(ref value);
        cursor.Dispose();
        cursor.Dispose();
        int read = _read;
        Assert.InRange(read, 8, 16);
        Thread.Sleep(100);
        Assert.Equal(read, _read);
    }

    private IEnumerable<PixelRow> Counted(int broken = -1, bool slowly = false)
    {
        for (int row = 0; row < _rows.Length; row++)
        {
            if (Interlocked.Increment(ref _readers) > 1) _readByTwo = true;
            if (slowly) Thread.Sleep(20);
            if (row == broken) throw new IOException("broken");
            _read++;
            Interlocked.Decrement(ref _readers);
            yield return _rows[row];
        }
    }
}
