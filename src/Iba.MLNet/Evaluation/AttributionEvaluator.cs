using System.Diagnostics;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Iba.MLNet;

/// <summary>Judges the maps of a view, row by row: only the numbers of a row are kept.</summary>
internal sealed class AttributionEvaluator
{
    private readonly IHost _host;
    private readonly RowSettings _settings;
    private readonly Network _network;
    private readonly AttributionEvaluationOptions _options;
    private readonly string _mapColumnName;

    /// <param name="env">For messages and cancellation.</param>
    /// <param name="explainer">What made the maps.</param>
    /// <param name="options">The options.</param>
    public AttributionEvaluator(IHostEnvironment env, AttributionTransformerBase explainer, AttributionEvaluationOptions options)
    {
        _host = env.Register(nameof(AttributionEvaluator));
        options.Validate();
        (_settings, _network, _options) = (explainer.Settings, explainer.Network, options);
        _mapColumnName = options.MapColumnName
            ?? _settings.Outputs.FirstOrDefault(output => output.Kind == OutputColumnKind.Heatmap)?.Name
            ?? throw _host.ExceptUserArg(nameof(options.MapColumnName), "The transformer adds no column of maps: name one.");
    }

    /// <summary>Reads the view once.</summary>
    public AttributionMetrics Evaluate(IDataView data)
    {
        _settings.Input.CheckSchema(_host, data.Schema);
        var map = ColumnOf(data.Schema, _mapColumnName, nameof(_options.MapColumnName), "maps; did the transformer explain this view?");
        var needed = _settings.InputColumnNames.Append(_mapColumnName).ToHashSet();
        if (_settings.RowIdColumnName is { } rowId) needed.Add(rowId);
        if (_options.BoxesColumnName is { } boxes) needed.Add(ColumnOf(data.Schema, boxes, nameof(_options.BoxesColumnName), "boxes").Name);
        if (_options.MaskColumnName is { } mask) needed.Add(ColumnOf(data.Schema, mask, nameof(_options.MaskColumnName), "masks").Name);
        using var cursor = data.GetRowCursor(data.Schema.Where(column => needed.Contains(column.Name) && !column.IsHidden));
        var reader = new InputRowReader(
            _host, _settings.Input, _settings.LabelColumnName, _settings.ClassCount, _settings.ClassNames, _network.Inputs, cursor, _settings.RowIdColumnName);
        var identities = new RowIdentityReader(cursor, _settings.RowIdColumnName ?? _settings.Input.PathColumnName);
        var maps = VectorGetter.Of<float>(cursor, map);
        var objects = new ObjectReader(_host, cursor, _settings.Input, _options);
        var rows = new List<AttributionRowMetrics>();
        VBuffer<float> buffer = default;
        var watch = new Stopwatch();
        while (rows.Count < (_options.MaximumRows ?? long.MaxValue) && cursor.MoveNext())
        {
            _host.CheckAlive();
            var identity = identities.Read();
            watch.Start();
            maps(ref buffer);
            watch.Stop();
            float[] values = [.. buffer.DenseValues()];
            bool explained = values.Length > 0 && Array.TrueForAll(values, float.IsFinite);
            // The input of a row that could not be explained may be what is wrong with it.
            rows.Add(explained ? Judge(reader.Read(), values, objects) : Unjudged(identity));
        }

        return new AttributionMetrics(rows, _options.ConfidenceLevel, _options.Seed) { SecondsPerMap = watch.Elapsed.TotalSeconds / rows.Count };
    }

    private AttributionRowMetrics Judge(InputRow row, float[] map, ObjectReader objects)
    {
        using var access = _network.Access.Enter();
        using var scope = NewDisposeScope();
        using var batch = InputBatch.Create([row], [0], _settings.Input, _network.Inputs, _network.Device);
        var explained = batch.Inputs[_settings.Input.Explained];
        var request = new AttributionRequest
        {
            Target = _settings.Target,
            Labels = row.Target is { } target ? tensor(new[] { target }) : null,
            Mask = batch.Exists,
            ChannelDimension = ChannelDimension(explained),
            Output = _settings.Output,
            Execution = _options.Execution,
        };
        using var rows = new EvaluationRows(_network, batch.Inputs, request, _settings.Input.ExplainedColumn.InputName);
        var maps = Lay(map, rows.Positions, row);
        var degradation = rows.Positions.Count == 2 ? Degradation(rows, maps) : null;
        var curves = explained.is_floating_point() ? Pixels(rows, maps) : Tokens(rows, maps, batch.Lengths[0]);
        var mask = rows.Positions.Count == 2 ? objects.Read(row.Identity, (int)rows.Positions[0], (int)rows.Positions[1]) : null;
        return new AttributionRowMetrics(
            row.Identity.Position,
            row.Identity.Name,
            rows.Targets[0],
            rows.Probabilities[0],
            degradation?.End ?? double.NaN,
            degradation?.Integral ?? double.NaN,
            degradation?.IntegralUnnormalized ?? double.NaN,
            curves.InsertionArea,
            curves.DeletionArea,
            mask is null ? null : new Localization(_options.PointingMargin).Measure(maps, mask)[0]);
    }

    private static AttributionRowMetrics Unjudged(RowIdentity identity)
        => new(identity.Position, identity.Name, -1, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, null);

    private DegradationCurves? Degradation(EvaluationRows rows, Tensor maps)
    {
        // Smaller pictures than a tile have no curve.
        if (rows.Mask is not null || rows.Positions.Any(size => size < _options.Tile)) return null;
        int tiles = (int)(rows.Positions[0] / _options.Tile * (rows.Positions[1] / _options.Tile));
        int[]? counts = _options.Points is { } points && points < tiles + 1
            ? [.. Enumerable.Range(0, points).Select(point => (int)((long)point * tiles / (points - 1))).Distinct()]
            : null;
        return new DegradationTest(_options.Tile) { Counts = counts }.Measure(rows, maps)[0];
    }

    private InsertionDeletionCurves Pixels(EvaluationRows rows, Tensor maps)
    {
        int positions = (int)rows.Positions.Aggregate(1L, (product, size) => product * size);
        bool isPicture = rows.Positions.Count == 2;
        int papers = isPicture ? (int)rows.Positions[1] : 1;
        return new InsertionDeletion
        {
            InsertInto = isPicture ? PixelFill.Blurred : PixelFill.ChannelMean,
            PixelsPerStep = Math.Max(papers, Step(positions)),
        }.Measure(rows, maps)[0];
    }

    private InsertionDeletionCurves Tokens(EvaluationRows rows, Tensor maps, int length)
    {
        // Bytes of a picture are pixels.
        if (rows.Positions.Count == 2) return Pixels(rows, maps);
        return new TokenInsertionDeletion(_options.ReplacementId ?? _settings.Input.PaddingId ?? 0, Step(length)).Measure(rows, maps)[0];
    }

    private int Step(int positions) => _options.Points is { } points ? Math.Max(1, (positions + points - 2) / (points - 1)) : 1;

    /// <summary>A row's map over the positions of its input: what was cut off has no position, and padding no value.</summary>
    private Tensor Lay(float[] map, IReadOnlyList<long> positions, InputRow row)
    {
        long size = positions.Aggregate(1L, (product, length) => product * length);
        if (positions.Count > 1 && map.Length != size)
        {
            throw _host.Except(
                $"{row.Identity}: column '{_mapColumnName}' has {map.Length} values where the input has [{string.Join(", ", positions)}]: maps are judged at the input's size.");
        }

        float[] laid = new float[size];
        map.AsSpan(0, (int)Math.Min(size, map.Length)).CopyTo(laid);
        return tensor(laid).view([1, .. positions]);
    }

    /// <summary>A picture may have been given as a flat row.</summary>
    private int ChannelDimension(Tensor explained)
        => explained.dim() == _settings.Input.ExplainedColumn.Shape.Count + 1 ? _settings.Input.ExplainedColumn.ChannelDimension : explained.dim() == 4 ? 1 : 0;

    private DataViewSchema.Column ColumnOf(DataViewSchema schema, string name, string option, string holds)
    {
        var column = schema.GetColumnOrNull(name) ?? throw _host.ExceptUserArg(option, $"The view has no column '{name}' of {holds}");
        if (column.Type.GetItemType() == NumberDataViewType.Single && column.Type is VectorDataViewType) return column;
        throw _host.ExceptUserArg(option, $"Column '{name}' is {column.Type}; expected a vector of Single.");
    }
}
