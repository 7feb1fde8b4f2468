using ExplainService;
using Iba.Hosting;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;

// A web service that explains photographs, and one page for it. Its explainer is the zip that 'Explainer' names (--Explainer=my.zip), or one that is
// measured on the photographs of the samples when the service is started first.
var builder = WebApplication.CreateBuilder(args);
string zip = builder.Configuration["Explainer"] ?? SampleExplainer.File;

builder.Services.AddIba(zip, options => builder.Configuration.GetSection("Iba").Bind(options));
builder.Services.AddHealthChecks().AddIba();
builder.Services.AddProblemDetails();
builder.Services.AddExceptionHandler<Problems>();
builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = Endpoints.LargestPhotograph);

var app = builder.Build();
app.UseExceptionHandler();
app.Use(Page.Guard);
app.MapPage();
app.MapHealthChecks("/health", new HealthCheckOptions());
app.MapExplanations();

if (!File.Exists(zip))
{
    if (builder.Configuration["Explainer"] != null)
    {
        Console.Error.WriteLine($"There is no explainer '{Path.GetFullPath(zip)}'. 'iba fit' makes one; without --Explainer the service measures the sample's network.");
        return 1;
    }

    SampleExplainer.Make(app.Logger, app.Lifetime.ApplicationStopping);
}

// A mistake in the file is seen here, and the first request is as quick as the next.
await app.Services.GetRequiredService<IbaService>().LoadAsync();
await app.RunAsync();
return 0;
