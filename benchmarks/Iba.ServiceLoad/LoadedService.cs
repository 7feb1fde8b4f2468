using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Iba.ServiceLoad;

/// <summary>The sample's web service on a port of the loopback, and clients that ask it.</summary>
internal sealed class LoadedService : WebApplicationFactory<Program>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly string? _explainer;

    public LoadedService(string? explainer)
    {
        _explainer = explainer;
        UseKestrel(0);
        StartServer();
    }

    /// <summary>The first request makes the noise and chooses how the machine is used.</summary>
    public async Task WarmUpAsync(byte[] photograph)
    {
        using var client = Client();
        for (int i = 0; i < 3; i++) (await client.PostAsync("api/explain", new ByteArrayContent(photograph))).EnsureSuccessStatusCode();
    }

    /// <summary>Clients that ask again as soon as they are answered; one that is refused waits a second.</summary>
    public async Task<LoadRun> RunAsync(byte[] photograph, int clients, TimeSpan time)
    {
        long began = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => AskAsync(photograph, began, time)));
        var elapsed = Stopwatch.GetElapsedTime(began);
        return new LoadRun(clients, [.. answers.SelectMany(all => all.Seconds).Order()], answers.Sum(all => all.Refused), elapsed);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        // The factory's guess is a folder of the sample's name beside the solution.
        builder.UseContentRoot(AppContext.BaseDirectory);
        if (_explainer != null) builder.UseSetting("Explainer", Path.GetFullPath(_explainer));
        builder.UseSetting("Logging:LogLevel:Default", "Warning");
    }

    private async Task<(List<double> Seconds, int Refused)> AskAsync(byte[] photograph, long began, TimeSpan time)
    {
        using var client = Client();
        var seconds = new List<double>();
        int refused = 0;
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            long asked = Stopwatch.GetTimestamp();
            using var response = await client.PostAsync("api/explain", new ByteArrayContent(photograph));
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                refused++;
                await Task.Delay(TimeSpan.FromSeconds(1));
                continue;
            }

            await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
            seconds.Add(Stopwatch.GetElapsedTime(asked).TotalSeconds);
        }

        return (seconds, refused);
    }

    private HttpClient Client() => new() { BaseAddress = ClientOptions.BaseAddress, Timeout = Patience };
}
