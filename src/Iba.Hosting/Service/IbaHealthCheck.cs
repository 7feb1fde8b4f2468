using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Iba.Hosting;

/// <summary>Healthy: the explainer is loaded. Degraded: no further request would be taken. Unhealthy: the file cannot be loaded.</summary>
internal sealed class IbaHealthCheck(IbaService service) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var numbers = new Dictionary<string, object> { ["waiting"] = service.Waiting, ["queueLength"] = service.QueueLength };
        try
        {
            var explainer = await service.LoadAsync(cancellationToken).ConfigureAwait(false);
            return service.Waiting < Math.Max(1, service.QueueLength)
                ? HealthCheckResult.Healthy($"Layer '{explainer.Transformer.Layer}', {service.Waiting} requests wait.", numbers)
                : HealthCheckResult.Degraded("As many requests wait as may.", data: numbers);
        }
        catch (IbaQueueFullException full)
        {
            return HealthCheckResult.Degraded(full.Message, data: numbers);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, failure.Message, failure, numbers);
        }
    }
}
