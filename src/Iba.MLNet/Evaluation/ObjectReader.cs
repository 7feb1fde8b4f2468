using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Iba.MLNet;

/// <summary>Reads where a row's object is.</summary>
internal sealed class ObjectReader
{
    private readonly IHost _host;
    private readonly AttributionEvaluationOptions _options;
    private readonly ValueGetter<VBuffer<float>>? _boxes;
    private readonly ValueGetter<VBuffer<float>>? _mask;
    private readonly Func<SourceRectangle>? _source;
    private VBuffer<float> _buffer;

    /// <param name="host">For messages.</param>
    /// <param name="row">The cursor; the columns must be active.</param>
    /// <param name="layout">How photographs become the network's input.</param>
    /// <param name="options">Which columns say it.</param>
    public ObjectReader(IHost host, DataViewRow row, InputLayout layout, AttributionEvaluationOptions options)
    {
        (_host, _options) = (host, options);
        if (options.BoxesColumnName is { } boxes) _boxes = VectorGetter.Of<float>(row, row.Schema[boxes]);
        if (options.MaskColumnName is { } mask) _mask = VectorGetter.Of<float>(row, row.Schema[mask]);
        if (_boxes is not null && layout.Preprocessing is { } preprocessing) _source = SourceOf(row, layout, preprocessing);
    }

    /// <summary>The current row's object.</summary>
    /// <param name="identity">The row.</param>
    /// <param name="height">The map's height.</param>
    /// <param name="width">The map's width.</param>
    /// <returns>bool <c>[1, H, W]</c>, in the dispose scope around the call; null: the row has none, or it was cut off.</returns>
    /// <exception cref="InvalidOperationException">A box or the mask is none; the message names row and column.</exception>
    public Tensor? Read(RowIdentity identity, int height, int width)
    {
        bool[] inside = new bool[height * width];
        if (_boxes is not null) AddBoxes(inside, identity, height, width);
        if (_mask is not null) AddMask(inside, identity);
        return Array.IndexOf(inside, true) >= 0 ? tensor(inside).view(1, height, width) : null;
    }

    private void AddBoxes(bool[] inside, RowIdentity identity, int height, int width)
    {
        _boxes!(ref _buffer);
        float[] numbers = [.. _buffer.DenseValues()];
        if (numbers.Length == 0) return;
        var source = _source?.Invoke() ?? new SourceRectangle(0, 0, width, height);
        for (int box = 0; box < numbers.Length; box += 4)
        {
            // As a text loader reads cells that are empty: the row has no box there.
            if (numbers.Length % 4 == 0 && numbers.AsSpan(box, 4).ToArray().All(float.IsNaN)) continue;
            if (numbers.Length % 4 != 0 || !numbers.AsSpan(box, 4).ToArray().All(float.IsFinite) || numbers[box + 2] <= 0 || numbers[box + 3] <= 0)
            {
                throw _host.Except(
                    $"{identity}: column '{_options.BoxesColumnName}' holds [{string.Join(", ", numbers.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture)))}]; " +
                    "expected four numbers for a box: left, top, and a width and height above 0.");
            }

            new BoundingBox(numbers[box], numbers[box + 1], numbers[box + 2], numbers[box + 3]).Mark(inside, height, width, source);
        }
    }

    private void AddMask(bool[] inside, RowIdentity identity)
    {
        _mask!(ref _buffer);
        if (_buffer.Length == 0) return;
        if (_buffer.Length != inside.Length)
        {
            throw _host.Except(
                $"{identity}: column '{_options.MaskColumnName}' has {_buffer.Length} values where the map has {inside.Length}: resize and crop masks like the picture.");
        }

        if (_buffer.Items().Any(item => !float.IsFinite(item.Value))) throw _host.Except($"{identity}: column '{_options.MaskColumnName}' holds NaN or infinity; expected 1 inside and 0 outside.");
        foreach (var (index, value) in _buffer.Items()) inside[index] |= value > 0.5f;
    }

    private static Func<SourceRectangle> SourceOf(DataViewRow row, InputLayout layout, ImagePreprocessing preprocessing)
    {
        var column = row.Schema[layout.ExplainedColumn.ColumnName!];
        if (layout.ExplainedColumn.Kind == InputKind.Image)
        {
            var images = row.GetGetter<MLImage>(column);
            MLImage? image = null;
            return () =>
            {
                images(ref image!);
                return preprocessing.GetSourceRectangle(image.Width, image.Height);
            };
        }

        var paths = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> path = default;
        return () =>
        {
            paths(ref path);
            string file = layout.ImageFolder is { } folder ? Path.Combine(folder, path.ToString()) : path.ToString();
            var picture = RgbImage.Load(file, preprocessing.ApplyExifOrientation);
            return preprocessing.GetSourceRectangle(picture.Width, picture.Height);
        };
    }
}
