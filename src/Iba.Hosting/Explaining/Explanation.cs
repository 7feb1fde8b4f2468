using System.Globalization;
using Iba.MLNet;
using Iba.Reports;
using Iba.Torch;

namespace Iba.Hosting;

/// <summary>What the network predicted for one image (or text, or row), and where it found the bits that it needed for that.</summary>
/// <remarks>It lies in managed memory alone. Disposing it lets go of maps and photograph at once; nothing is lost where that is forgotten.</remarks>
public sealed class Explanation : IDisposable
{
    private readonly IReadOnlyList<string>? _classNames;
    private readonly IReadOnlyList<TextBits>? _words;
    private readonly string? _text;
    private readonly byte[]? _bytes;
    private RowExplanation? _row;

    internal Explanation(string name, RowExplanation row, IReadOnlyList<string>? classNames, string? text = null, IReadOnlyList<TextBits>? words = null, byte[]? bytes = null)
    {
        Name = name;
        _row = row;
        _classNames = classNames;
        (_text, _words, _bytes) = (text, words, bytes);
    }

    /// <summary>What was explained: the file, for example.</summary>
    public string Name { get; }

    /// <summary>The explained class: the predicted one, unless another was asked for.</summary>
    public ClassProbability Target => Class(Row.Targets[0]);

    /// <summary>The sum of the map, in bits.</summary>
    public double TotalBits => Row.Totals[0];

    /// <summary>The standard deviation of the total between seeds, in bits; null where there is one seed (see <see cref="IbaEstimator.Options.Seeds"/>).</summary>
    public double? TotalBitsDeviation => Row.TotalDeviations is [var deviation] ? deviation : null;

    /// <summary>The probability of <see cref="Target"/> where no more than the map's bits pass.</summary>
    public double ProbabilityWithBottleneck => Row.ScoresWithBottleneck?[Row.Targets[0]] ?? double.NaN;

    /// <summary>What the network saw of the photograph, cropped and resized; null where something else was explained.</summary>
    public RgbImage? Photograph => Row.Picture;

    private RowExplanation Row => _row ?? throw new ObjectDisposedException(nameof(Explanation));

    /// <summary>The likeliest classes, the first one first.</summary>
    /// <param name="count">How many at most, at least 1. Default 5.</param>
    public IReadOnlyList<ClassProbability> Top(int count = 5)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return [.. Enumerable.Range(0, Row.Scores.Length).OrderByDescending(index => Row.Scores[index]).Take(count).Select(Class)];
    }

    /// <summary>The map of a photograph, <c>[row, column]</c>, in bits per pixel (or per position of the layer); of a text or a signal one row.</summary>
    /// <param name="size">The input's size (default), or the layer's own.</param>
    /// <exception cref="InvalidOperationException">The map has three dimensions: see <see cref="Values"/>.</exception>
    public float[,] Map(MapSize size = MapSize.Input)
    {
        var shape = Shape(size);
        if (shape.Count > 2) throw new InvalidOperationException($"The map has {shape.Count} dimensions, {Shapes.Format(shape)}: take {nameof(Values)} and {nameof(Shape)}.");
        float[,] map = new float[shape.Count == 2 ? shape[0] : 1, shape[^1]];
        Buffer.BlockCopy(Values(size), 0, map, 0, Buffer.ByteLength(map));
        return map;
    }

    /// <summary>The map's values, row by row, in bits.</summary>
    /// <param name="size">The input's size (default), or the layer's own.</param>
    public float[] Values(MapSize size = MapSize.Input) => [.. size == MapSize.Input ? Row.Heatmap : Row.LayerMap];

    /// <summary>The map's shape: <c>[H, W]</c>, <c>[L]</c> or <c>[D, H, W]</c>.</summary>
    /// <param name="size">The input's size (default), or the layer's own.</param>
    public IReadOnlyList<long> Shape(MapSize size = MapSize.Input) => [.. size == MapSize.Input ? Row.MapSize : Row.LayerMapSize];

    /// <summary>The map over its photograph, with class, probability, bits and a colour bar.</summary>
    /// <param name="renderer">Colours and scale; null (default): the map's own scale.</param>
    /// <exception cref="InvalidOperationException">No photograph was explained.</exception>
    public RgbImage Figure(HeatmapRenderer? renderer = null) => HeatmapFigure.Render(Seen, Row.Heatmap, Target.Name, Facts, renderer);

    /// <summary>The map over its photograph, pixel by pixel, without words.</summary>
    /// <inheritdoc cref="Figure"/>
    public RgbImage Overlay(HeatmapRenderer? renderer = null) => (renderer ?? new HeatmapRenderer()).Overlay(Seen, Row.Heatmap);

    /// <summary>Writes a picture to publish: of a photograph a PNG file, of a text or of bytes a web page.</summary>
    /// <param name="path">The file, which is replaced: <c>.png</c>, or <c>.html</c> for texts and bytes.</param>
    /// <exception cref="InvalidOperationException">What was explained has no such picture; the message says what has.</exception>
    public void SaveFigure(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string expected = _text != null || _bytes != null ? ".html" : ".png";
        if (!Path.GetExtension(path).Equals(expected, StringComparison.OrdinalIgnoreCase)) throw new ArgumentException($"'{path}' has to end in {expected}.", nameof(path));
        if (_text == null && _bytes == null)
        {
            Figure().SavePng(path);
            return;
        }

        var page = new BitsPage(Name, "The number of bits that the network needed of each place: the more, the deeper the shade.");
        if (_bytes != null) page.AddBytes(Target.Name, Facts, [.. _bytes.Zip(Row.Heatmap, (value, bits) => (value, bits)).Select((place, offset) => new ByteBits(offset, place.value, place.bits))]);
        else page.AddText(Target.Name, Facts, _text!, _words ?? throw new InvalidOperationException("The tokens' places in the text are not known: set OffsetsColumnName of the tokenizer."));
        page.Save(path);
    }

    /// <summary>Writes the map for other programs: <c>.npy</c> or <c>.csv</c>, see <see cref="MapFile"/>.</summary>
    /// <param name="path">The file, which is replaced.</param>
    /// <param name="size">The input's size (default), or the layer's own.</param>
    /// <exception cref="ArgumentException">The file's name ends otherwise.</exception>
    public void SaveMap(string path, MapSize size = MapSize.Input)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".npy":
                MapFile.SaveNpy(path, Values(size), [.. Shape(size)]);
                break;
            case ".csv":
                MapFile.SaveCsv(path, Values(size), [.. Shape(size)]);
                break;
            default:
                throw new ArgumentException($"'{path}' has to end in .npy or .csv.", nameof(path));
        }
    }

    /// <summary>Class, probability and bits, for example <c>dog.jpg: pug 0.87, 112 bits</c>.</summary>
    public override string ToString() => $"{Name}: {Target.Name}, {Facts}";

    /// <summary>Lets go of maps and photograph.</summary>
    public void Dispose() => _row = null;

    private string Facts => string.Create(
        CultureInfo.InvariantCulture, $"probability {Target.Probability:F2}, {TotalBits:F0}{(TotalBitsDeviation is { } deviation ? string.Create(CultureInfo.InvariantCulture, $" ± {deviation:F0}") : "")} bits");

    private RgbImage Seen => Photograph ?? throw new InvalidOperationException("No photograph was explained, so that there is no picture: take Map, Values or SaveMap.");

    private ClassProbability Class(int index)
        => new(index, _classNames?[index] ?? string.Create(CultureInfo.InvariantCulture, $"class {index}"), Row.Scores[index]);
}
