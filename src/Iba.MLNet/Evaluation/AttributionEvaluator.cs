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
    private bool _toldOfTiles;

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
        CheckObjects();
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
        CheckSize(row, map);
        using var access = _network.Access.Enter();
        using var scope = NewDisposeScope();
        using var judged = new JudgedRow(row, map, _settings, _network, _options.Execution);
        TellOfTiles(judged);
        var rows = judged.Rows;
        var degradation = judged.Degradation(_options.Tile, _options.Points);
        var curves = judged.HoldsIntegers && !judged.IsPicture ? Tokens(judged) : Pixels(judged);
        var mask = judged.IsPicture ? objects.Read(row.Identity, (int)rows.Positions[0], (int)rows.Positions[1]) : null;
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
            mask is null ? null : new Localization(_options.PointingMargin).Measure(judged.Map, mask)[0]);
    }

    private static AttributionRowMetrics Unjudged(RowIdentity identity)
        => new(identity.Position, identity.Name, -1, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, null);

    private InsertionDeletionCurves Pixels(JudgedRow judged)
    {
        int papers = judged.IsPicture ? (int)judged.Rows.Positions[1] : 1;
        return new InsertionDeletion
        {
            InsertInto = judged.IsPicture ? PixelFill.Blurred : PixelFill.ChannelMean,
            PixelsPerStep = Math.Max(papers, Step((int)judged.Map.numel())),
        }.Measure(judged.Rows, judged.Map)[0];
    }

    private InsertionDeletionCurves Tokens(JudgedRow judged)
        => new TokenInsertionDeletion(_options.ReplacementId ?? _settings.Input.PaddingId ?? 0, Step(judged.Length)).Measure(judged.Rows, judged.Map)[0];

    private int Step(int positions) => _options.Points is { } points ? (int)Math.Max(1, (positions + points - 2L) / (points - 1)) : 1;

    /// <summary>A map of another size would be laid over the wrong positions.</summary>
    private void CheckSize(InputRow row, float[] map)
    {
        var size = _settings.Input.ExplainedColumn.Positions(row.Values[_settings.Input.Explained]!.Shape);
        if (map.Length == size.Aggregate(1L, (product, length) => product * length)) return;
        throw _host.Except(
            $"{row.Identity}: column '{_mapColumnName}' has {map.Length} values where the input has {Shapes.Format(size)}: maps are judged at the input's size.");
    }

    /// <summary>What would not be read is refused.</summary>
    private void CheckObjects()
    {
        var column = _settings.Input.ExplainedColumn;
        var size = column.Positions(column.Shape);
        if (size.Count == 2 || (_options.BoxesColumnName ?? _options.MaskColumnName) is not { } objects) return;
        throw _host.ExceptUserArg(
            _options.BoxesColumnName != null ? nameof(_options.BoxesColumnName) : nameof(_options.MaskColumnName),
            $"Column '{objects}' says where objects are in pictures [H, W], but rows of column '{column.ColumnName}' are {Shapes.Format(size)} without channels: leave it out.");
    }

    /// <summary>The default tile is larger than the pictures of some networks, whose maps can be judged otherwise.</summary>
    private void TellOfTiles(JudgedRow judged)
    {
        if (_toldOfTiles || !judged.IsPicture || judged.Rows.Positions.All(side => side >= _options.Tile)) return;
        _toldOfTiles = true;
        using var channel = _host.Start("Judging maps");
        channel.Warning(
            "{0}", $"Pictures of {Shapes.Format(judged.Rows.Positions)} are smaller than the tiles of {_options.Tile} x {_options.Tile}: there is no degradation test, and its numbers are NaN. Set {nameof(_options.Tile)} to less.");
    }

    private DataViewSchema.Column ColumnOf(DataViewSchema schema, string name, string option, string holds)
    {
        var column = schema.GetColumnOrNull(name) ?? throw _host.ExceptUserArg(option, $"The view has no column '{name}' of {holds}");
        if (column.Type.GetItemType() == NumberDataViewType.Single && column.Type is VectorDataViewType) return column;
        throw _host.ExceptUserArg(option, $"Column '{name}' is {column.Type}; expected a vector of Single.");
    }
}
