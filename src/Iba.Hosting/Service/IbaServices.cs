using Iba.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the explainer's service.</summary>
public static class IbaServices
{
    /// <summary>Adds an <see cref="IbaService"/> as a singleton.</summary>
    /// <param name="services">The services.</param>
    /// <param name="file">The explainer's zip, see <see cref="IbaServiceOptions.File"/>.</param>
    /// <param name="configure">Sets further options; null (default): none.</param>
    /// <returns>The same services.</returns>
    /// <example>
    /// <code language="csharp"><![CDATA[
    /// using Microsoft.Extensions.DependencyInjection;
    ///
    /// var services = new ServiceCollection();
    /// services.AddIba("explainer.zip", options => options.QueueLength = 8);
    /// ]]></code>
    /// </example>
    public static IServiceCollection AddIba(this IServiceCollection services, string file, Action<IbaServiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        services.AddOptions<IbaServiceOptions>().Configure(options => options.File = file);
        if (configure != null) services.Configure(configure);
        services.AddSingleton<IbaService>();
        return services;
    }

    /// <summary>Adds a check of the <see cref="IbaService"/>: loaded, and with room in its queue.</summary>
    /// <param name="builder">What <c>AddHealthChecks</c> gave.</param>
    /// <param name="name">The check's name. Default "iba".</param>
    /// <param name="tags">Tags; null (default): none.</param>
    /// <returns>The same builder.</returns>
    public static IHealthChecksBuilder AddIba(this IHealthChecksBuilder builder, string name = "iba", IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(name, provider => new IbaHealthCheck(provider.GetRequiredService<IbaService>()), failureStatus: null, tags));
    }
}
