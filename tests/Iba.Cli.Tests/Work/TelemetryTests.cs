using System.Net;
using System.Net.Sockets;
using System.Text;
using Iba.Jobs;
using Iba.Jobs.Tests;

namespace Iba.Cli.Tests;

public class TelemetryTests
{
    [Fact]
    public async Task Workers_send_metrics_and_activities_where_the_standard_variables_say()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 12, shardRows: 4);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var collector = new HttpListener { Prefixes = { $"http://localhost:{port}/" } };
        listener.Stop();
        collector.Start();
        var received = new Dictionary<string, string>();
        var collecting = Task.Run(async () =>
        {
            while (received.Count < 2)
            {
                var context = await collector.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                received[context.Request.Url!.AbsolutePath] = Encoding.Latin1.GetString(body.ToArray());
                context.Response.Close();
            }
        });

        using var process = new ToolProcess(ToolProcess.Worker, [("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://localhost:{port}"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")], "work", folder.Root);
        Assert.Equal(ExitCode.Success, process.Wait().Code);
        await collecting.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Contains(JobTelemetry.RowsName, received["/v1/metrics"], StringComparison.Ordinal);
        Assert.Contains(JobTelemetry.ShardActivityName, received["/v1/traces"], StringComparison.Ordinal);
        Assert.All(received.Values, body => Assert.Contains("service.name", body, StringComparison.Ordinal));
    }
}
