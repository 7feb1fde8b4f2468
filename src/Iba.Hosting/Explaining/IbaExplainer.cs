using Iba.MLNet;
using Iba.Torch;
using Microsoft.Extensions.Logging;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Hosting;

/// <summary>
/// Explains one image (or text, or row) at a time: a thin face of the pipeline, with the same bits. For data sets take the pipeline itself, which reads and
/// computes rows in batches.
/// </summary>
/// <remarks>Safe for use from several threads, which take turns.</remarks>
/// <example>
/// <code language="csharp"><![CDATA[
/// using Iba.Hosting;
///
/// using var explainer = IbaExplainer.Fit("net.onnx", "photos");
/// using var explanation = explainer.Explain("dog.jpg");
/// Console.WriteLine(string.Join(", ", explanation.Top(3)));
/// explanation.SaveFigure("dog.png");
/// float[,] map = explanation.Map();
/// ]]></code>
/// </example>
public sealed class IbaExplainer : IDisposable
{
    private readonly MLContext _context;
    private readonly ContextLog _log;
    private readonly ITransformer[] _before;
    private readonly IbaTransformer _transformer;
    private readonly bool _ownsTransformer;
    private readonly DataViewSchema? _inputs;
    private readonly SharedOwnership _ownership;

    /// <param name="context">Makes views.</param>
    /// <param name="log">Has choices and warnings.</param>
    /// <param name="before">The steps before the transformer.</param>
    /// <param name="transformer">The transformer.</param>
    /// <param name="ownsTransformer">Whether it is disposed with this.</param>
    /// <param name="inputs">The columns that the pipeline was fitted on; null: not known.</param>
    /// <param name="ownership">What else is let go with this and its variants.</param>
    /// <exception cref="InvalidOperationException">The transformer explains something else than a class.</exception>
    internal IbaExplainer(MLContext context, ContextLog log, ITransformer[] before, IbaTransformer transformer, bool ownsTransformer, DataViewSchema? inputs, SharedOwnership ownership)
    {
        if (transformer.Settings.Target is { IsStack: true } or { IsOfClasses: false })
        {
            throw new InvalidOperationException(
                $"The target is '{transformer.Settings.Target}', but an explanation here is that of one class: take the pipeline itself for other questions, or another target.");
        }

        (_context, _log, _before, _inputs, _ownership) = (context, log, before, inputs, ownership);
        (_transformer, _ownsTransformer) = (transformer, ownsTransformer);
    }

    /// <summary>What was chosen, and what was warned of, since this was fitted or loaded: worth reading once.</summary>
    public IReadOnlyList<string> Notes => _log.Notes;

    /// <summary>The transformer of the pipeline, for what this face does not show. It belongs to this.</summary>
    public IbaTransformer Transformer => _transformer;

    /// <summary>Names of the classes, in the network's order; null: they have none.</summary>
    public IReadOnlyList<string>? ClassNames => _transformer.Settings.ClassNames;

    /// <summary>Measures a layer of a network over photographs; layer, beta and preprocessing are chosen by rule, see <see cref="Notes"/>.</summary>
    /// <inheritdoc cref="Fit(string, string, IbaExplainerOptions, CancellationToken)"/>
    public static IbaExplainer Fit(string network, string photographs, CancellationToken cancellation = default) => Fit(network, photographs, new IbaExplainerOptions(), cancellation);

    /// <summary>Measures a layer of a network over photographs.</summary>
    /// <param name="network">An ONNX file.</param>
    /// <param name="photographs">A folder with pictures (JPEG, PNG, GIF, BMP, WebP; also below it) of the kind that will be explained: a hundred or more, at least 2.</param>
    /// <param name="options">What is known; the rest is chosen.</param>
    /// <param name="cancellation">Ends it after the photographs under way.</param>
    /// <returns>The explainer, disposed by the caller.</returns>
    /// <exception cref="IOException">A file or the folder cannot be read, or there is no picture.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IbaExplainer Fit(string network, string photographs, IbaExplainerOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return PhotographFit.Run(network, photographs, options, cancellation);
    }

    /// <summary>Loads what <see cref="Save"/> or <c>mlContext.Model.Save</c> wrote: an <see cref="IbaTransformer"/>, or a chain that ends with one.</summary>
    /// <param name="path">The zip. For files from elsewhere see SECURITY.md.</param>
    /// <param name="logger">Told what is chosen, warned of and done. Null (default): nobody.</param>
    /// <returns>The explainer, disposed by the caller.</returns>
    /// <exception cref="InvalidOperationException">The file holds no such transformer.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IbaExplainer Load(string path, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no explainer '{Path.GetFullPath(path)}'. {nameof(IbaExplainer)}.{nameof(Save)} and 'iba fit' write one.", path);
        var context = new MLContext(seed: 0);
        var log = new ContextLog(context, logger);
        var model = FittedPipeline.Load(context, path, out var inputs);
        return FittedPipeline.Face(context, log, model, inputs, ownsModel: true);
    }

    /// <summary>The face of a fitted pipeline: an <see cref="IbaTransformer"/>, or a chain that ends with one. The pipeline stays the caller's.</summary>
    /// <param name="model">The pipeline. Rows of texts and bytes are explained by those that were fitted on them.</param>
    /// <exception cref="InvalidOperationException">It holds no such transformer.</exception>
    public static IbaExplainer From(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var context = new MLContext(seed: 0);
        return FittedPipeline.Face(context, new ContextLog(context, null), model, inputs: null, ownsModel: false);
    }

    /// <summary>Explains a photograph in a file. Gives the bits that the pipeline gives for it.</summary>
    /// <param name="path">The file: JPEG, PNG, GIF, BMP or WebP.</param>
    /// <param name="cancellation">Ends the work between two optimisation steps.</param>
    /// <returns>The explanation.</returns>
    /// <exception cref="InvalidDataException">The file is no picture that can be read.</exception>
    /// <exception cref="InvalidOperationException">The explainer does not read photographs, or the network cannot be explained for this one.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Explanation Explain(string path, CancellationToken cancellation = default)
        => new(Path.GetFileName(path), _transformer.ExplainPicture(File.ReadAllBytes(path), path, cancellation), ClassNames);

    /// <summary>Explains a photograph that lies in memory, encoded.</summary>
    internal Explanation Explain(byte[] photograph, string name, CancellationToken cancellation) => new(name, _transformer.ExplainPicture(photograph, name, cancellation), ClassNames);

    /// <summary>Explains a photograph that was read or made elsewhere, upright as it is.</summary>
    /// <param name="photograph">Any size.</param>
    /// <param name="cancellation">Ends the work between two optimisation steps.</param>
    /// <inheritdoc cref="Explain(string, CancellationToken)"/>
    public Explanation Explain(RgbImage photograph, CancellationToken cancellation = default)
        => new("photograph", _transformer.ExplainPicture(photograph, "photograph", cancellation), ClassNames);

    /// <summary>Explains a text, with a chain that begins with a step which reads texts.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cancellation">Ends the work between two optimisation steps.</param>
    /// <exception cref="InvalidOperationException">The chain does not begin so, or the text cannot be explained.</exception>
    /// <inheritdoc cref="Explain(string, CancellationToken)" path="/returns"/>
    public Explanation ExplainText(string text, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = TextPlaces.Tokens(_before);
        string[] columns = tokens != null ? [tokens.Input] : [.. (_inputs ?? Enumerable.Empty<DataViewSchema.Column>()).Where(input => input.Type is TextDataViewType && !input.IsHidden).Select(input => input.Name)];
        if (columns is not [var column]) throw new InvalidOperationException("Which column holds the text is not known: give the row itself, with ExplainRow.");
        var prepared = Prepare(SingleRow.Of(_context, column, text));
        var row = _transformer.ExplainFirst(prepared, cancellation);
        return new Explanation(text, row, ClassNames, text, tokens == null ? null : TextPlaces.Words(text, tokens, prepared, row.Heatmap));
    }

    /// <summary>Explains bytes, or token ids below 256: the values of the column of integers that the network reads.</summary>
    /// <param name="values">As many as the network takes.</param>
    /// <param name="cancellation">Ends the work between two optimisation steps.</param>
    /// <exception cref="InvalidOperationException">The explainer does not read integers, or they cannot be explained.</exception>
    /// <exception cref="ArgumentException">The network takes another number of values.</exception>
    /// <inheritdoc cref="Explain(string, CancellationToken)" path="/returns"/>
    public Explanation ExplainBytes(ReadOnlySpan<byte> values, CancellationToken cancellation = default)
    {
        var column = _transformer.Settings.Input.ExplainedColumn;
        if (column.Kind != InputKind.Integers || _before.Length > 0) throw new InvalidOperationException($"This explainer reads '{column.ColumnName}', which is no column of bytes: give the row itself, with ExplainRow.");
        if (!column.IsVariable && column.Size != values.Length) throw new ArgumentException($"The network takes {column.Size} values, but there are {values.Length}: fill up or choose as for the rows that Fit saw.", nameof(values));
        byte[] bytes = values.ToArray();
        return new Explanation("bytes", _transformer.ExplainFirst(SingleRow.Of(_context, column.ColumnName!, bytes, column.IsVariable), cancellation), ClassNames, bytes: bytes);
    }

    /// <summary>Explains a row of whatever columns the pipeline reads.</summary>
    /// <typeparam name="TRow">A class as <c>LoadFromEnumerable</c> takes it.</typeparam>
    /// <param name="row">The row.</param>
    /// <param name="cancellation">Ends the work between two optimisation steps.</param>
    /// <exception cref="ArgumentException">The row lacks a column, or has it with another type.</exception>
    /// <exception cref="InvalidOperationException">The row cannot be explained.</exception>
    /// <inheritdoc cref="Explain(string, CancellationToken)" path="/returns"/>
    public Explanation ExplainRow<TRow>(TRow row, CancellationToken cancellation = default)
        where TRow : class
        => new("row", _transformer.ExplainFirst(Prepare(_context.Data.LoadFromEnumerable([row])), cancellation), ClassNames);

    /// <summary>The same explainer with other settings, without a new Fit; see <see cref="IbaTransformer.With"/>.</summary>
    /// <returns>Disposed by the caller; either may be disposed first, but a network that the caller made must outlive both.</returns>
    /// <inheritdoc cref="IbaTransformer.With" path="/param"/>
    public IbaExplainer With(double? beta = null, long? seed = null, int? steps = null, ExplanationTarget? target = null)
        => new(_context, _log, _before, _transformer.With(beta, seed, steps, target), ownsTransformer: true, _inputs, _ownership.Share());

    /// <summary>Saves the explainer with its network, for <see cref="Load"/>, pipelines, jobs and the tool.</summary>
    /// <param name="path">The zip, which is replaced.</param>
    public void Save(string path) => _context.Model.Save(_before.Length == 0 ? _transformer : new TransformerChain<ITransformer>([.. _before, _transformer]), _inputs, path);

    /// <summary>Ends its use; may be called twice.</summary>
    public void Dispose()
    {
        if (_ownsTransformer) _transformer.Dispose();
        _ownership.Dispose();
    }

    private IDataView Prepare(IDataView row) => _before.Aggregate(row, (view, step) => step.Transform(view));
}
