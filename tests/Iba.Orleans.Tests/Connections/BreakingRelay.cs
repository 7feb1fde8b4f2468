using System.Net;
using System.Net.Sockets;

namespace Iba.Orleans.Tests;

/// <summary>
/// Stands between a worker and its coordinator, and breaks the connection off after a question has been asked and before it arrives. Where it listens is what
/// the coordinator has to advertise.
/// </summary>
internal sealed class BreakingRelay : IDisposable
{
    private readonly TcpListener _listener;
    private readonly IPEndPoint _coordinator;
    private volatile bool _breaks;

    public BreakingRelay(IPEndPoint own, IPEndPoint coordinator)
    {
        _coordinator = coordinator;
        _listener = new TcpListener(own);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The next bytes from the worker end the connection; those that it makes afterwards are kept.</summary>
    public void BreakOffAtNextQuestion() => _breaks = true;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = RelayAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Disposed.
        }
    }

    private async Task RelayAsync(TcpClient worker)
    {
        using var coordinator = new TcpClient();
        using (worker)
        {
            try
            {
                await coordinator.ConnectAsync(_coordinator);
                await Task.WhenAny(coordinator.GetStream().CopyToAsync(worker.GetStream()), ForwardAsync(worker.GetStream(), coordinator.GetStream()));
            }
            catch (Exception failure) when (failure is SocketException or IOException)
            {
                // Who closes is told to the other side.
            }
        }
    }

    private async Task ForwardAsync(NetworkStream from, NetworkStream to)
    {
        byte[] bytes = new byte[1 << 16];
        while (await from.ReadAsync(bytes) is var count and > 0)
        {
            if (_breaks)
            {
                _breaks = false;
                return;
            }

            await to.WriteAsync(bytes.AsMemory(0, count));
        }
    }
}
