using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Iba.MLNet.Tests;

/// <summary>Rows that come once and when they like, as those of a camera or a queue, and readers that leave before the end.</summary>
public sealed class LiveSourceTests : IDisposable
{
    private const int Side = PixelRow.Side;

    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(20);

    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly Frame[] _frames = Enumerable.Range(0, 20).Select(Frame.Make).ToArray();
    private readonly Dictionary<int, float> _bits;
    private readonly IbaTransformer _inBatches, _singly;
    private readonly BlockingCollection<Frame> _queue = [];
    private readonly ManualResetEventSlim _closed = new();
    private int _read;

    public LiveSourceTests()
    {
        var data = _ml.Data.LoadFromEnumerable(_frames);
        _inBatches = Estimator(batchSize: 8).Fit(data);
        _singly = Estimator(batchSize: 1).Fit(data);
        _bits = Rows(_inBatches.Transform(data)).ToDictionary(row => row.Number, row => row.Bits);
        Assert.Equal(20, _bits.Values.Distinct().Count());
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        _inBatches.Dispose();
        _singly.Dispose();
        _network.Dispose();
        _queue.Dispose();
        _closed.Dispose();
    }

    [Theory]
    [InlineData(8)]
    [InlineData(1)]
    public void Each_picture_is_beside_its_map_although_the_source_is_read_once(int batchSize)
    {
        Add(20);
        _queue.CompleteAdding();

        var rows = Rows(Live(batchSize)).ToArray(); // the images of earlier rows stay valid

        Assert.Equal(Enumerable.Range(0, 20), rows.Select(row => row.Number));
        Assert.Equal(20, _read);
        foreach (var row in rows)
        {
            AssertRow(row);
            Assert.NotSame(_frames[row.Number].Photo, row.Photo);
            Assert.Equal($"frame {row.Number}", row.Photo!.Tag);
            Assert.Equal(MLPixelFormat.Rgba32, row.Photo.PixelFormat);
            Assert.Equal(_frames[row.Number].Photo!.Pixels.ToArray(), row.Photo.Pixels.ToArray());
        }
    }

    [Theory]
    [InlineData(8, 3)] // the batch is not full
    [InlineData(8, 5)]
    [InlineData(8, 8)] // the next batch has no row
    [InlineData(8, 10)]
    [InlineData(1, 3)]
    public async Task Whoever_has_seen_enough_leaves_while_the_source_waits(int batchSize, int frames)
    {
        Add(frames);
        var rows = await Task.Run(() => Rows(Live(batchSize)).Take(3).ToArray()).WaitAsync(LongEnough);
        Assert.Equal([0, 1, 2], rows.Select(row => row.Number));
        Assert.All(rows, AssertRow);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(1)]
    public async Task Previews_parts_caches_and_failures_of_the_reader_end_while_the_source_waits(int batchSize)
    {
        var uses = new Func<IDataView, object>[]
        {
            view => view.Preview(3).RowView.Length,
            view => Rows(_ml.Data.TakeRows(view, 3)).Count(),
            view => _ml.Data.CreateEnumerable<Seen>(_ml.Data.Cache(view, "Bits", "Number"), reuseRowObject: false, ignoreMissingColumns: true).Take(3).Count(),
            view => Assert.Throws<TimeZoneNotFoundException>(() =>
            {
                foreach (var row in Rows(view)) if (row.Number == 2) throw new TimeZoneNotFoundException();
            }) is null ? 0 : 3,
        };
        foreach (var use in uses)
        {
            var queue = new BlockingCollection<Frame>();
            foreach (var frame in _frames.Take(5)) queue.Add(frame);
            var view = Transformer(batchSize).Transform(_ml.Data.LoadFromEnumerable(queue.GetConsumingEnumerable()));
            Assert.Equal(3, await Task.Run(() => use(view)).WaitAsync(LongEnough));
            queue.CompleteAdding();
        }
    }

    [Theory]
    [InlineData(8, 0)]
    [InlineData(8, 2)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    public async Task Cancelling_the_context_ends_waiting_for_the_source(int batchSize, int frames)
    {
        Add(frames);
        var ml = new MLContext(seed: 1);
        using var transformer = Estimator(batchSize, ml).Fit(ml.Data.LoadFromEnumerable(_frames));
        int seen = 0;
        var reading = Task.Run(() =>
        {
            foreach (var row in Rows(transformer.Transform(ml.Data.LoadFromEnumerable(Once())))) Interlocked.Increment(ref seen);
        });
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref seen) == frames, LongEnough));
        ml.CancelExecution();
        await Assert.ThrowsAsync<OperationCanceledException>(() => reading.WaitAsync(LongEnough));
    }

    [Fact]
    public void What_a_source_gives_after_it_was_left_goes_nowhere_and_it_is_closed()
    {
        Add(8);
        var view = Live(8);
        using (var cursor = view.GetRowCursor(view.Schema["Bits"], view.Schema["Photo"]))
        {
            var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
            float value = 0;
            Assert.True(cursor.MoveNext());
            bits(ref value);
            Assert.Equal(_bits[0], value);
        }

        _inBatches.Dispose();
        _network.Dispose();
        Assert.False(_closed.IsSet);
        _queue.Add(_frames[8]);
        Assert.True(_closed.Wait(LongEnough));
        Assert.Equal(9, _read);
    }

    [Fact]
    public void A_source_that_does_not_wait_is_closed_when_the_reader_has_left()
    {
        var view = _inBatches.Transform(new WatchedView(_ml.Data.LoadFromEnumerable(_frames), _closed.Set));
        foreach (var row in Rows(view)) if (row.Number == 2) break;
        Assert.True(_closed.IsSet);
    }

    [Fact]
    public void Rows_singly_are_read_and_shown_as_they_come_and_none_ahead()
    {
        var view = Live(1);
        using var cursor = view.GetRowCursor(view.Schema["Bits"], view.Schema["Photo"]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        for (int row = 0; row < 4; row++)
        {
            float value = 0;
            Add(2);
            Assert.True(cursor.MoveNext());
            bits(ref value);
            Assert.Equal(_bits[row], value);
            Assert.Equal(row + 1, _read);
        }
    }

    [Fact]
    public async Task What_has_come_is_shown_when_the_source_stalls_and_the_rest_when_it_goes_on()
    {
        Add(3);
        var seen = new BlockingCollection<Seen>();
        var reading = Task.Run(() =>
        {
            foreach (var row in Rows(Live(8))) seen.Add(row);
        });
        for (int number = 0; number < 20; number++)
        {
            Assert.True(seen.TryTake(out var row, LongEnough));
            Assert.Equal(number, row.Number);
            AssertRow(row);
            if (number == 2) Add(1);
            if (number == 3) Add(16);
            if (number == 18) _queue.CompleteAdding();
        }

        await reading.WaitAsync(LongEnough);
        Assert.Equal(20, _read);
    }

    [Fact]
    public void A_prediction_engine_explains_each_frame_that_it_is_given()
    {
        using var model = Estimator(batchSize: 8).Fit(_ml.Data.LoadFromEnumerable(_frames));
        using var engine = _ml.Model.CreatePredictionEngine<Frame, Seen>(model);
        foreach (var frame in _frames.Take(3))
        {
            var row = engine.Predict(frame);
            Assert.Equal(_bits[frame.Number], row.Bits);
            Assert.Same(frame.Photo, row.Photo);
        }
    }

    [Fact]
    public void Values_that_cannot_be_copied_are_read_at_their_own_row()
    {
        var warnings = _ml.Listen("Warning");
        int read = 0;
        var schema = SchemaDefinition.Create(typeof(Tagged));
        var view = _inBatches.Transform(_ml.Data.LoadFromEnumerable(Rows(), schema));
        using var cursor = view.GetRowCursor(view.Schema["Bits"], view.Schema["Thing"], view.Schema["Photo"]);
        var bits = cursor.GetGetter<float>(view.Schema["Bits"]);
        var thing = cursor.GetGetter<Thing>(view.Schema["Thing"]);
        for (int row = 0; row < 20; row++)
        {
            float value = 0;
            Thing found = null!;
            Assert.True(cursor.MoveNext());
            thing(ref found);
            bits(ref value);
            Assert.Equal((row, row + 1), (found.Number, read));
            Assert.Equal(_bits[row], value);
        }

        Assert.Contains("Column 'Thing' holds", Assert.Single(warnings), StringComparison.Ordinal);

        IEnumerable<Tagged> Rows()
        {
            foreach (var frame in _frames)
            {
                read++;
                yield return new Tagged { Photo = frame.Photo, Number = frame.Number, Thing = new Thing(frame.Number) };
            }
        }
    }

    private IbaEstimator Estimator(int batchSize, MLContext? ml = null) => (ml ?? _ml).Transforms.Iba(new IbaEstimator.Options
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Photo",
        Network = _network,
        Layer = "conv1",
        Preprocessing = new ImagePreprocessing { ResizeShorterSide = null, CropWidth = Side, CropHeight = Side },
        Seed = 5,
        Steps = 2,
        NoiseCopies = 2,
        TotalBitsColumnName = "Bits",
        BatchSize = batchSize,
    });

    private IbaTransformer Transformer(int batchSize) => batchSize == 1 ? _singly : _inBatches;

    private IDataView Live(int batchSize) => Transformer(batchSize).Transform(new WatchedView(_ml.Data.LoadFromEnumerable(Once()), _closed.Set));

    private void Add(int count)
    {
        for (int i = 0; i < count; i++) _queue.Add(_frames[_queue.Count + _read]);
    }

    private IEnumerable<Frame> Once()
    {
        foreach (var frame in _queue.GetConsumingEnumerable())
        {
            _read++;
            yield return frame;
        }
    }

    private IEnumerable<Seen> Rows(IDataView view) => _ml.Data.CreateEnumerable<Seen>(view, reuseRowObject: false);

    private void AssertRow(Seen row)
    {
        Assert.Equal(_bits[row.Number], row.Bits);
        Assert.Equal(_frames[row.Number].Photo!.Pixels.ToArray(), row.Photo!.Pixels.ToArray());
    }

    private sealed class Frame
    {
        [ImageType(Side, Side)]
        public MLImage? Photo { get; set; }

        public int Number { get; set; }

        public static Frame Make(int number)
        {
            byte[] pixels = new byte[4 * Side * Side];
            new Random(number).NextBytes(pixels);
            for (int i = 3; i < pixels.Length; i += 4) pixels[i] = byte.MaxValue;
            var photo = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, pixels);
            photo.Tag = $"frame {number}";
            return new Frame { Photo = photo, Number = number };
        }
    }

    private sealed class Seen
    {
        [ImageType(Side, Side)]
        public MLImage? Photo { get; set; }

        public int Number { get; set; }

        public float Bits { get; set; }
    }

    private sealed class Tagged
    {
        [ImageType(Side, Side)]
        public MLImage? Photo { get; set; }

        public int Number { get; set; }

        [ThingType]
        public Thing? Thing { get; set; }
    }

    /// <summary>A value of a user's own type.</summary>
    private sealed record Thing(int Number);

    private sealed class ThingType() : StructuredDataViewType(typeof(Thing))
    {
        public override bool Equals(DataViewType? other) => other is ThingType;

        public override int GetHashCode() => 1;
    }

    [AttributeUsage(AttributeTargets.Property)]
    private sealed class ThingTypeAttribute : DataViewTypeAttribute
    {
        public override bool Equals(DataViewTypeAttribute? other) => other is ThingTypeAttribute;

        public override int GetHashCode() => 1;

        public override void Register() => DataViewTypeManager.Register(new ThingType(), typeof(Thing), this);
    }
}
