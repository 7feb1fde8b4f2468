using System.Diagnostics;
using System.Diagnostics.Metrics;
using Iba.Torch;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iba.Hosting;

/// <summary>
/// One explainer for many requests at once: they are served in the order of their coming, a bounded number waits, and a request that is given up frees the
/// machine within an optimisation step. Registered by <c>services.AddIba</c>.
/// </summary>
/// <remarks>A network computes for one row at a time, with all processors; more of them at once would only make each slower.</remarks>
public sealed partial class IbaService : IDisposable
{
    private static readonly TimeSpan FirstGuess = TimeSpan.FromSeconds(2);

    private readonly IbaServiceOptions _options;
    private readonly ILogger _logger;
    private readonly WorkQueue _queue;
    private readonly ServiceMeter _meter;
    private IbaExplainer? _explainer;
    private TimeSpan _typicalWork = FirstGuess;

    /// <summary>Begins; the file is loaded when it is needed first, or by <see cref="LoadAsync"/>.</summary>
    /// <param name="options">The options.</param>
    /// <param name="logger">Told what is done, and what ML.NET says; null: nobody.</param>
    /// <param name="meters">Makes the meter; null: one of its own.</param>
    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    public IbaService(IOptions<IbaServiceOptions> options, ILogger<IbaService>? logger = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Value;
        string[] problems = [.. _options.Problems()];
        if (problems.Length > 0) throw new OptionsValidationException(nameof(IbaServiceOptions), typeof(IbaServiceOptions), problems);
        _logger = (ILogger?)logger ?? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
        _queue = new WorkQueue(_options.QueueLength, "Iba.Hosting");
        _meter = new ServiceMeter(meters, () => _queue.Waiting);
    }

    /// <summary>How many requests wait.</summary>
    public int Waiting => _queue.Waiting;

    /// <summary>How many may.</summary>
    public int QueueLength => _options.QueueLength;

    /// <summary>Loads the file, if that was not done yet: at the start of an application, so that a mistake is seen there and the first request is quick.</summary>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The explainer, which belongs to the service. Do not explain with it directly: that would go past the queue.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="IbaQueueFullException">As many requests wait as may.</exception>
    public async Task<IbaExplainer> LoadAsync(CancellationToken cancellation = default)
        => Volatile.Read(ref _explainer) ?? await (_queue.TryRun(_ => Loaded(), cancellation) ?? throw Full()).ConfigureAwait(false);

    /// <summary>Explains a photograph when its turn comes.</summary>
    /// <param name="photograph">The encoded picture: JPEG, PNG, GIF, BMP or WebP.</param>
    /// <param name="settings">What is asked otherwise than the explainer was fitted for; null (default): nothing.</param>
    /// <param name="cancellation">Ends waiting and work: hand on the request's token.</param>
    /// <returns>The explanation.</returns>
    /// <exception cref="InvalidDataException">It is no picture that can be read, or one of too many pixels.</exception>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="IbaQueueFullException">As many requests wait as may.</exception>
    /// <exception cref="OperationCanceledException">The request was given up.</exception>
    public Task<Explanation> ExplainAsync(byte[] photograph, ExplainSettings? settings = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(photograph);
        if (PictureDecoder.PixelsOf(photograph) is var pixels && pixels > _options.MaximumPixels)
        {
            throw new InvalidDataException($"The picture has {pixels} pixels; at most {_options.MaximumPixels} are read ({nameof(IbaServiceOptions.MaximumPixels)}).");
        }

        return ExplainAsync((explainer, ending) => explainer.Explain(photograph, "photograph", ending), settings, cancellation);
    }

    /// <summary>Explains whatever the explainer reads when its turn comes: texts, bytes, rows.</summary>
    /// <param name="explain">Explains with the explainer that it is given, on the service's thread, and hands on the token.</param>
    /// <param name="settings">What is asked otherwise than the explainer was fitted for; null (default): nothing.</param>
    /// <param name="cancellation">Ends waiting and work: hand on the request's token.</param>
    /// <returns>The explanation.</returns>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="IbaQueueFullException">As many requests wait as may.</exception>
    /// <exception cref="OperationCanceledException">The request was given up.</exception>
    public async Task<Explanation> ExplainAsync(Func<IbaExplainer, CancellationToken, Explanation> explain, ExplainSettings? settings = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(explain);
        long came = Stopwatch.GetTimestamp();
        string outcome = "failed";
        try
        {
            var explanation = await (_queue.TryRun(ending => Work(explain, settings, came, ending), cancellation) ?? throw Full()).ConfigureAwait(false);
            outcome = "explained";
            return explanation;
        }
        catch (OperationCanceledException)
        {
            outcome = "cancelled";
            double seconds = Stopwatch.GetElapsedTime(came).TotalSeconds;
            GivenUp(_logger, seconds);
            throw;
        }
        catch (IbaQueueFullException full)
        {
            outcome = "rejected";
            Rejected(_logger, full.Message);
            throw;
        }
        catch (Exception failure)
        {
            NotExplained(_logger, failure.Message);
            throw;
        }
        finally
        {
            _meter.Count(outcome);
        }
    }

    /// <summary>Ends: the work under way is cancelled, and so is what waits.</summary>
    public void Dispose()
    {
        _queue.Dispose();
        _explainer?.Dispose();
        _meter.Dispose();
    }

    private Explanation Work(Func<IbaExplainer, CancellationToken, Explanation> explain, ExplainSettings? settings, long came, CancellationToken cancellation)
    {
        _meter.Waited(Stopwatch.GetElapsedTime(came));
        var explainer = Loaded();
        long began = Stopwatch.GetTimestamp();
        using var variant = settings == null || settings.IsEmpty ? null : explainer.With(settings.Beta, settings.Seed, settings.Steps, settings.Target is { } target ? ExplanationTarget.Class(target) : null);
        var explanation = explain(variant ?? explainer, cancellation);
        var time = Stopwatch.GetElapsedTime(began);
        _meter.Worked(time);
        _typicalWork = time;
        Explained(_logger, explanation.Name, explanation.Target.Name, explanation.TotalBits, time.TotalSeconds);
        return explanation;
    }

    // On the queue's thread alone.
    private IbaExplainer Loaded()
    {
        if (_explainer is { } there) return there;
        var explainer = IbaExplainer.Load(_options.File, _logger);
        explainer.Transformer.Threads = _options.Threads;
        Loading(_logger, _options.File, explainer.Transformer.Layer, explainer.Transformer.Beta, explainer.Transformer.MeasuredRows);
        Volatile.Write(ref _explainer, explainer);
        return explainer;
    }

    private IbaQueueFullException Full()
    {
        double seconds = Math.Max(1, Math.Ceiling(_typicalWork.TotalSeconds * (_options.QueueLength + 1)));
        return new IbaQueueFullException(_options.QueueLength, TimeSpan.FromSeconds(seconds));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Loaded {File}: layer '{Layer}', beta {Beta}, measured on {Rows} rows.")]
    private static partial void Loading(ILogger logger, string file, string layer, double beta, long rows);

    [LoggerMessage(Level = LogLevel.Information, Message = "Explained {Name}: {Target}, {Bits:F0} bits, in {Seconds:F2} s.")]
    private static partial void Explained(ILogger logger, string name, string target, double bits, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "A request was given up after {Seconds:F2} s.")]
    private static partial void GivenUp(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A request was not taken: {Reason}")]
    private static partial void Rejected(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A request could not be explained: {Reason}")]
    private static partial void NotExplained(ILogger logger, string reason);
}
