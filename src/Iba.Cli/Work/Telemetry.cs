using Iba.Jobs;
using Iba.Orleans;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Iba.Cli;

/// <summary>Sends what <see cref="JobTelemetry"/>, <see cref="OrleansTelemetry"/> and Orleans measure to where OpenTelemetry's standard environment variables say; without them nothing is begun.</summary>
internal sealed class Telemetry : IDisposable
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", OfMetrics = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", OfTraces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;

    // What has no address of its own or of both would go to a default one, where nobody may listen.
    private Telemetry()
    {
        if (IsSet(Endpoint, OfMetrics)) _metrics = Sdk.CreateMeterProviderBuilder().ConfigureResource(resource => resource.AddService(Name)).AddMeter(JobTelemetry.Name, OrleansTelemetry.Name, OrleansTelemetry.OrleansName).AddOtlpExporter().Build();
        if (IsSet(Endpoint, OfTraces)) _traces = Sdk.CreateTracerProviderBuilder().ConfigureResource(resource => resource.AddService(Name)).AddSource(JobTelemetry.Name).AddOtlpExporter().Build();
    }

    /// <summary>The service's name, unless OTEL_SERVICE_NAME has another.</summary>
    private static string Name => Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") ?? "iba";

    /// <summary>Begins; null: nobody asked for it.</summary>
    public static Telemetry? Start() => IsSet(Endpoint, OfMetrics, OfTraces) ? new Telemetry() : null;

    /// <summary>Sends what is left.</summary>
    public void Dispose()
    {
        _metrics?.Dispose();
        _traces?.Dispose();
    }

    private static bool IsSet(params string[] variables) => variables.Any(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 });
}
