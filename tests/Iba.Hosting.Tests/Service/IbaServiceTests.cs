using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iba.Hosting.Tests;

[Collection(SmallExplainerTests.Name)]
public sealed class IbaServiceTests(SmallExplainer small) : IDisposable
{
    private readonly Recorder _log = new();

    public void Dispose() => _log.Dispose();

    private ServiceProvider Provider(string? zip = null, Action<IbaServiceOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(_log).SetMinimumLevel(LogLevel.Information));
        services.AddMetrics();
        services.AddIba(zip ?? small.Zip, configure);
        services.AddHealthChecks().AddIba();
        return services.BuildServiceProvider();
    }

    private static Task<HealthReport> Health(IServiceProvider provider) => provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();

    [Fact]
    public async Task Many_requests_get_the_bits_of_the_explainer_and_it_is_said()
    {
        await using var provider = Provider();
        var service = provider.GetRequiredService<IbaService>();
        Assert.Same(service, provider.GetRequiredService<IbaService>());
        using var explainer = IbaExplainer.Load(small.Zip);
        string[] files = Directory.GetFiles(small.Photographs);

        var explanations = await Task.WhenAll(files.Select(file => service.ExplainAsync(File.ReadAllBytes(file))));
        for (int i = 0; i < files.Length; i++)
        {
            using var expected = explainer.Explain(files[i]);
            Assert.Equal(expected.Values(), explanations[i].Values());
        }

        using var dearer = explainer.With(beta: 50, target: Torch.ExplanationTarget.Class(1));
        using var other = dearer.Explain(files[0]);
        using var asked = await service.ExplainAsync(File.ReadAllBytes(files[0]), new ExplainSettings { Beta = 50, Target = 1 });
        Assert.Equal(other.Values(), asked.Values());
        Assert.Contains(_log.Lines, line => line.StartsWith("Information: Loaded", StringComparison.Ordinal) && line.Contains("layer 'r'", StringComparison.Ordinal));
        Assert.Equal(13, _log.Lines.Count(line => line.StartsWith("Information: Explained photograph", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_full_queue_refuses_and_a_request_that_is_given_up_makes_room()
    {
        await using var provider = Provider(configure: options => options.QueueLength = 1);
        var service = provider.GetRequiredService<IbaService>();
        await service.LoadAsync();
        using var counted = new Outcomes(provider.GetRequiredService<IMeterFactory>());
        using ManualResetEventSlim begun = new(), goOn = new();
        using var giveUp = new CancellationTokenSource();
        byte[] photograph = File.ReadAllBytes(small.Photograph);

        var first = service.ExplainAsync((explainer, token) =>
        {
            begun.Set();
            goOn.Wait(CancellationToken.None);
            return explainer.Explain(small.Photograph, token);
        });
        begun.Wait();
        var second = service.ExplainAsync(photograph, cancellation: giveUp.Token);
        var refusal = await Assert.ThrowsAsync<IbaQueueFullException>(() => service.ExplainAsync(photograph));
        Assert.True(refusal.RetryAfter >= TimeSpan.FromSeconds(1));
        Assert.Contains("1 requests wait for the explainer already", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Degraded, (await Health(provider)).Status);

        giveUp.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        var third = service.ExplainAsync(photograph);
        goOn.Set();
        Assert.Equal((await first).Values(), (await third).Values());
        Assert.Equal(HealthStatus.Healthy, (await Health(provider)).Status);
        await Assert.ThrowsAsync<InvalidDataException>(() => service.ExplainAsync([1, 2, 3]));
        Assert.Equal(["cancelled 1", "explained 2", "failed 1", "rejected 1"], counted.Lines);
        Assert.Equal(2, counted.Durations);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_unhealthy_and_named()
    {
        await using var provider = Provider(small["missing.zip"]);
        var report = await Health(provider);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.Contains("missing.zip", report.Entries["iba"].Description, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FileNotFoundException>(() => provider.GetRequiredService<IbaService>().ExplainAsync(File.ReadAllBytes(small.Photograph)));
    }

    [Fact]
    public async Task Pictures_of_too_many_pixels_and_options_out_of_range_are_refused()
    {
        await using var provider = Provider(configure: options => options.MaximumPixels = 319);
        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => provider.GetRequiredService<IbaService>().ExplainAsync(File.ReadAllBytes(small.Photograph)));
        Assert.Contains("The picture has 320 pixels; at most 319", refusal.Message, StringComparison.Ordinal);
        await using var wrong = Provider(configure: options => options.QueueLength = -1);
        Assert.Contains("QueueLength is -1; allowed: 0 to 10,000", Assert.Throws<OptionsValidationException>(wrong.GetRequiredService<IbaService>).Message, StringComparison.Ordinal);
    }

    private sealed class Outcomes : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly Dictionary<string, long> _counts = [];

        public Outcomes(IMeterFactory factory)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == IbaMetrics.MeterName && instrument.Meter.Scope == factory) listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            {
                lock (_counts) _counts[(string)tags[0].Value!] = _counts.GetValueOrDefault((string)tags[0].Value!) + value;
            });
            _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) =>
            {
                if (instrument.Name == IbaMetrics.DurationName) Interlocked.Increment(ref _durations);
            });
            _listener.Start();
        }

        private int _durations;

        public int Durations => _durations;

        public IEnumerable<string> Lines
        {
            get
            {
                lock (_counts) return [.. _counts.Select(count => $"{count.Key} {count.Value}").Order(StringComparer.Ordinal)];
            }
        }

        public void Dispose() => _listener.Dispose();
    }

    private sealed class Recorder : ILoggerProvider, ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines) return [.. _lines];
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines) _lines.Add($"{logLevel}: {formatter(state, exception)}");
        }

        public void Dispose()
        {
        }
    }
}
