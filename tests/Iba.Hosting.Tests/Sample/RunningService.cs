using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Iba.Hosting.Tests;

/// <summary>The sample's web service with the small explainer, in this process.</summary>
internal sealed class RunningService(SmallExplainer small, int queueLength = 16) : WebApplicationFactory<Program>
{
    /// <summary>Its explainer.</summary>
    public IbaService Explainer => Services.GetRequiredService<IbaService>();

    protected override void ConfigureWebHost(IWebHostBuilder builder) => builder
        .UseSetting("Explainer", small.Zip)
        .UseSetting("Iba:QueueLength", queueLength.ToString(System.Globalization.CultureInfo.InvariantCulture))
        .UseSetting("Logging:LogLevel:Default", "Warning");
}
