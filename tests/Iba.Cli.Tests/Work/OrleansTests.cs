using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Iba.Jobs.Tests;

namespace Iba.Cli.Tests;

/// <summary><c>iba coordinate</c> and <c>iba work --orleans</c> in processes of their own.</summary>
public class OrleansTests
{
    [Fact]
    public void A_row_that_ends_the_worker_becomes_a_failure_without_waiting_for_leases()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 12, shardRows: 4);
        string port = FreePort();
        using var coordinator = new ToolProcess(ToolProcess.Worker, [], "coordinate", folder.Root, "--port", port, "--json");
        using var worker = new ToolProcess(ToolProcess.Worker, [("KILLERS", "6")], "work", folder.Root, "--orleans", $"127.0.0.1:{port}");

        var worked = worker.Wait();
        var coordinated = coordinator.Wait();

        Assert.Equal((ExitCode.SomeRowsFailed, ExitCode.SomeRowsFailed), (worked.Code, coordinated.Code));
        Assert.Equal(4, worked.Error.Split("and is begun again").Length - 1);
        Assert.Equal(6, Assert.Single(StubJob.Open(folder.Root).Rows(), row => row.Failure != null).Row);
        Assert.Equal((12, true), ((int)coordinated.Result["rowsDone"]!, (bool)coordinated.Result["isComplete"]!));
        Assert.Equal(
            [$"Workers come by 'iba work JOB --orleans 127.0.0.1:{port}'.", "It listens on loopback alone: for workers on other machines add --listen 0.0.0.0, with --tls unless you trust the network."],
            coordinated.Events("note").Select(note => (string)note["message"]!));
    }

    [Fact]
    public void With_tls_both_sides_have_the_file()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 12, shardRows: 4);
        string port = FreePort(), pem = folder["job.pem"];
        WritePem(pem);
        using var coordinator = new ToolProcess(ToolProcess.Worker, [], "coordinate", folder.Root, "--port", port, "--tls", pem, "--listen", "0.0.0.0");
        using var worker = new ToolProcess(ToolProcess.Worker, [], "work", folder.Root, "--orleans", $"localhost:{port}", "--tls", pem);

        Assert.Equal((ExitCode.Success, ExitCode.Success), (worker.Wait().Code, coordinator.Wait() is var coordinated ? coordinated.Code : -1));
        Assert.Contains("Connections are encrypted", coordinated.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_without_its_key_is_refused()
    {
        using var folder = new TemporaryFolder();
        StubJob.Plan(folder.Root, rows: 12, shardRows: 4);
        string pem = folder["job.pem"];
        WritePem(pem, withKey: false);
        using var worker = new ToolProcess(ToolProcess.Worker, [], "work", folder.Root, "--orleans", "localhost:30000", "--tls", pem);

        var typed = worker.Wait();

        Assert.Equal(ExitCode.Usage, typed.Code);
        Assert.Contains($"'{pem}' has no certificate and its private key, both in PEM form", typed.Error, StringComparison.Ordinal);
    }

    private static void WritePem(string path, bool withKey = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=a job", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{(withKey ? key.ExportPkcs8PrivateKeyPem() : "")}\n");
    }

    // Coordinators also take the port after it.
    private static string FreePort()
    {
        for (int tries = 0; tries < 100; tries++)
        {
            int port = Random.Shared.Next(15000, 31000);
            if (IsFree(port) && IsFree(port + 1)) return port.ToString(CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException("There is no free port.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Any, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
