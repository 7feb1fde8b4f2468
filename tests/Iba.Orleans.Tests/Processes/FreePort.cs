using System.Net;
using System.Net.Sockets;

namespace Iba.Orleans.Tests;

/// <summary>Ports for one test.</summary>
internal static class FreePort
{
    private static int _next = Random.Shared.Next(15000, 30000);

    /// <summary>
    /// A port that is free together with the one after it, below those that the system hands out by itself. No test gets what another one has got: they
    /// run at the same time.
    /// </summary>
    public static int Pair()
    {
        for (int tries = 0; tries < 100; tries++)
        {
            int port = Interlocked.Add(ref _next, 2);
            if (IsFree(port) && IsFree(port + 1)) return port;
        }

        throw new InvalidOperationException("There is no free port.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
