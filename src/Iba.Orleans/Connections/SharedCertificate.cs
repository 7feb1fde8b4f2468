using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;

namespace Iba.Orleans;

/// <summary>
/// TLS with one certificate that the coordinator and all workers have, with its key: each side shows it, and takes nobody who does not. So it is a
/// shared secret as well, and needs no authority that signs.
/// </summary>
internal static class SharedCertificate
{
    /// <summary>Lets connections be made with a certificate alone.</summary>
    public static void Configure(TlsOptions options, X509Certificate2 certificate)
    {
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.RemoteCertificateValidation = (remote, _, _) => remote.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span);
        // It is known by itself: names of machines do not matter.
        options.OnAuthenticateAsClient = (_, client) => client.TargetHost = certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false);
    }
}
