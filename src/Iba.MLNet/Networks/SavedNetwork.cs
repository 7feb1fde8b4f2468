using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Loads transformers that were saved with their network.</summary>
internal static class SavedNetwork
{
    /// <summary>Reads settings and network, and checks that they belong together.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="ctx">The model file, at the format of the network.</param>
    /// <param name="stream">The name of the network's stream.</param>
    /// <param name="read">Reads the settings; gives them, and what makes the transformer of a network, which it owns from then on.</param>
    /// <param name="fail">Called when anything fails.</param>
    public static T Load<T>(
        IHost host, ModelLoadContext ctx, string stream, Func<SettingsReader, (RowSettings Settings, Func<Network, T> Make)> read, Action fail)
    {
        TorchLibrary.EnsureLoaded();
        var device = DeviceChoice.Resolve(host, new ExecutionOptions());
        Network? network = null;
        try
        {
            string format = ctx.LoadNonEmptyString();
            var (settings, make) = read(new SettingsReader(ctx.Reader));
            bool complete = ctx.TryLoadBinaryStream(stream, reader => network = NetworkFormats.Load(format, reader.BaseStream));
            host.CheckDecode(complete, "The model file lacks the network.");
            if (device is not null) network!.MoveTo(device);
            host.CheckDecode(
                settings.Input.Columns.Select(column => column.InputName).SequenceEqual(network!.Inputs.Select(input => input.Name)),
                "The network's inputs are not those that the settings name.");
            settings.Cut(network).Dispose();
            return make(network);
        }
        catch (Exception failure)
        {
            fail();
            network?.Dispose();
            if (failure is not (InvalidDataException or OnnxFormatException or EndOfStreamException or ArgumentException or InvalidOperationException)) throw;
            throw host.ExceptDecode(failure, $"The model file is damaged or was changed: {failure.Message}");
        }
    }
}
