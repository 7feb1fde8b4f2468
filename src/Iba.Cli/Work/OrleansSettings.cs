using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Iba.Orleans;

namespace Iba.Cli;

/// <summary>How a worker finds its coordinator.</summary>
/// <param name="Coordinator">Machine and port; null: it is found in Redis.</param>
/// <param name="Redis">The Redis server; null: none.</param>
/// <param name="Tls">The file with certificate and key; null: none.</param>
internal sealed record OrleansSettings(string? Coordinator, string? Redis, string? Tls)
{
    /// <summary>The variable that has a worker's name, which those that are begun in its place have, too.</summary>
    public const string NameVariable = "IBA_WORKER";

    /// <summary>Where workers keep copies of models.</summary>
    public static string DefaultModelCache
        => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "iba", "models");

    /// <summary>The same as it is typed.</summary>
    public IEnumerable<string> ToArguments()
        => new[] { ("--orleans", Coordinator), ("--redis", Redis), ("--tls", Tls) }.Where(option => option.Item2 != null).SelectMany(option => new[] { option.Item1, option.Item2! });

    /// <summary>The same for the library.</summary>
    /// <param name="notice">Told when no coordinator answers.</param>
    public OrleansFeedOptions ToOptions(Action<string> notice)
    {
        string? name = Environment.GetEnvironmentVariable(NameVariable);
        var certificate = ReadCertificate(Tls);
        return Coordinator == null
            ? new OrleansFeedOptions { Redis = Redis, Certificate = certificate, Worker = name, Notice = notice }
            : new OrleansFeedOptions { Coordinator = Coordinator, Certificate = certificate, Worker = name, Notice = notice };
    }

    /// <summary>A certificate with its key; null: none was asked for.</summary>
    /// <exception cref="UsageException">The file does not have both.</exception>
    public static X509Certificate2? ReadCertificate(string? path)
    {
        if (path == null) return null;
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no certificate '{path}'.");
        try
        {
            using var read = X509Certificate2.CreateFromPemFile(path);
            // Windows takes no key that is in memory alone.
            return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pfx), password: null);
        }
        catch (CryptographicException failure)
        {
            throw new UsageException($"'{path}' has no certificate and its private key, both in PEM form: {failure.Message}");
        }
    }
}
