using System.Security.Cryptography;
using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Saves and loads transformers with their network.</summary>
internal static class SavedNetwork
{
    /// <summary>Written in place of a network's format, where the network is in the model that comes with it.</summary>
    private const string InModel = "model";

    /// <summary>What is written for the format of the network.</summary>
    public static string Format(Explainer explainer, ExplainedModel? model) => model == null ? explainer.NetworkFormat : InModel;

    /// <summary>Writes what is known of the fit, and network or model.</summary>
    public static void Save(ModelSaveContext ctx, Explainer explainer, ExplainedModel? model, FitRecord fit)
    {
        if (model == null)
        {
            string hash = "";
            ctx.SaveBinaryStream(ModelEntries.Network, writer => hash = Hash(writer.BaseStream, explainer));
            (fit with { NetworkSha256 = hash }).Save(ctx.Writer);
        }
        else
        {
            (fit with { NetworkSha256 = null }).Save(ctx.Writer);
            model.Save(ctx);
        }
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

    /// <summary>Reads settings and network or model, and checks that they belong together.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="ctx">The model file, at the format of the network.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="isTrusted">Whether whatever components the file names may be made, as a model needs it.</param>
    /// <param name="read">
    /// Reads the settings; gives them, what is known of the fit, and what makes the transformer of both, a network and a model, or null, which it owns from then on.
    /// </param>
    /// <param name="fail">Called when anything fails.</param>
    public static T Load<T>(
        IHost host, ModelLoadContext ctx, LoadLimits limits, bool isTrusted,
        Func<SettingsReader, (RowSettings Settings, FitRecord Fit, Func<NetworkLease, ExplainedModel?, FitRecord, T> Make)> read, Action fail)
    {
        TorchLibrary.EnsureLoaded();
        NetworkLease? network = null;
        ExplainedModel? model = null;
        try
        {
            limits.Check(ModelEntries.Key, ctx.Reader.BaseStream.Length);
            string format = ctx.LoadNonEmptyString();
            var (settings, fit, make) = read(new SettingsReader(ctx.Reader));
            if (format != InModel)
            {
                (network, string hash) = Read(ctx, format, limits, fit.NetworkSha256);
                fit = fit with { NetworkSha256 = hash };
            }
            else if (isTrusted)
            {
                (model, var found) = ExplainedModel.Load(host, ctx);
                network = found.Classifier.OwnsNetwork ? NetworkLease.Own(found.Classifier.Network) : NetworkLease.Borrow(found.Classifier.Network);
            }
            else
            {
                throw new InvalidDataException("it holds a model, which makes whatever components it names");
            }

            if (DeviceChoice.Resolve(host, new ExecutionOptions()) is { } device) network.Network.MoveTo(device);
            CheckInputs(settings, network.Network);
            return make(network, model, fit);
        }
        catch (Exception failure)
        {
            fail();
            network?.Dispose();
            model?.Dispose();
            if (failure is not (InvalidDataException or OnnxFormatException or EndOfStreamException or ArgumentException or InvalidOperationException)) throw;
            throw host.ExceptDecode(failure, $"The model file is damaged or was changed: {failure.Message}");
        }
    }

    private static void CheckInputs(RowSettings settings, Network network)
    {
        if (!settings.Input.Columns.Select(column => column.InputName).SequenceEqual(network.Inputs.Select(input => input.Name)))
            throw new InvalidDataException("The network's inputs are not those that the settings name.");
        settings.Cut(network).Dispose();
    }

    private static (NetworkLease Network, string Hash) Read(ModelLoadContext ctx, string format, LoadLimits limits, string? expected)
    {
        (Network? network, string hash) = (null, "");
        if (!ctx.TryLoadBinaryStream(ModelEntries.Network, reader => (network, hash) = Read(format, reader.BaseStream, limits, expected)))
            throw new InvalidDataException("The model file lacks the network.");
        return (NetworkLease.Own(network!), hash);
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
