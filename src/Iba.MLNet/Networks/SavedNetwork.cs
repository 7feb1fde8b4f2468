using System.Security.Cryptography;
using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Saves and loads transformers with their network.</summary>
internal static class SavedNetwork
{
    /// <summary>Writes the network into an entry of its own.</summary>
    /// <returns>The SHA-256 of the entry, 64 hexadecimal digits.</returns>
    public static string Save(ModelSaveContext ctx, Explainer explainer)
    {
        string hash = "";
        ctx.SaveBinaryStream(ModelEntries.Network, writer => hash = Hash(writer.BaseStream, explainer));
        return hash;
    }

    /// <summary>The SHA-256 of the network as it is saved.</summary>
    /// <param name="stream">Where it is written; left open.</param>
    /// <param name="explainer">What holds the network.</param>
    public static string Hash(Stream stream, Explainer explainer)
    {
        using var sha = SHA256.Create();
        using (var hashing = new CryptoStream(stream, sha, CryptoStreamMode.Write, leaveOpen: true)) explainer.SaveNetwork(hashing);
        return Convert.ToHexStringLower(sha.Hash!);
    }

    /// <summary>Reads settings and network, and checks that they belong together.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="ctx">The model file, at the format of the network.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="read">
    /// Reads the settings; gives them, what is known of the fit, and what makes the transformer of both and a network, which it owns from then on.
    /// </param>
    /// <param name="fail">Called when anything fails.</param>
    public static T Load<T>(
        IHost host, ModelLoadContext ctx, LoadLimits limits, Func<SettingsReader, (RowSettings Settings, FitRecord Fit, Func<Network, FitRecord, T> Make)> read, Action fail)
    {
        TorchLibrary.EnsureLoaded();
        var device = DeviceChoice.Resolve(host, new ExecutionOptions());
        Network? network = null;
        try
        {
            limits.Check(ModelEntries.Key, ctx.Reader.BaseStream.Length);
            string format = ctx.LoadNonEmptyString();
            var (settings, fit, make) = read(new SettingsReader(ctx.Reader));
            string hash = "";
            bool complete = ctx.TryLoadBinaryStream(ModelEntries.Network, reader => (network, hash) = Read(format, reader.BaseStream, limits, fit.NetworkSha256));
            host.CheckDecode(complete, "The model file lacks the network.");
            if (device is not null) network!.MoveTo(device);
            host.CheckDecode(
                settings.Input.Columns.Select(column => column.InputName).SequenceEqual(network!.Inputs.Select(input => input.Name)),
                "The network's inputs are not those that the settings name.");
            settings.Cut(network).Dispose();
            return make(network, fit with { NetworkSha256 = hash });
        }
        catch (Exception failure)
        {
            fail();
            network?.Dispose();
            if (failure is not (InvalidDataException or OnnxFormatException or EndOfStreamException or ArgumentException or InvalidOperationException)) throw;
            throw host.ExceptDecode(failure, $"The model file is damaged or was changed: {failure.Message}");
        }
    }

    /// <summary>Reads the network, after its bytes were found to be those that were saved.</summary>
    private static (Network Network, string Hash) Read(string format, Stream stream, LoadLimits limits, string? expected)
    {
        limits.Check(ModelEntries.Network, stream.Length - stream.Position);
        long start = stream.Position;
        string hash = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (expected != null && hash != expected)
        {
            throw new InvalidDataException($"its network has the SHA-256 {hash}, but {expected} was saved: the network was replaced, or the file is damaged");
        }

        stream.Position = start;
        return (NetworkFormats.Load(format, stream), hash);
    }
}
