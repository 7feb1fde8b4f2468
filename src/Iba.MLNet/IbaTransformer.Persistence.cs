using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

public sealed partial class IbaTransformer
{
    private const string NetworkStream = "Network";
    private const string StatisticsStream = "Statistics";

    /// <summary>From here on, an input's dimension of channels is saved, instead of whether it is the last.</summary>
    internal const uint VersionWithChannelDimension = 0x00010002;

    // *** Binary format ***
    // string: format of the network
    // settings: see IbaSettings
    // stream "Network": what Network.Save wrote
    // stream "Statistics": what LayerStatistics.Save wrote
    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        Host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        Host.Check(ctx.InRepository, "The network needs a stream of its own: save to a model file (zip), not to a single stream.");
        ctx.SaveNonEmptyString(Explainer.NetworkFormat);
        Settings.Save(Host, ctx);
        ctx.SaveBinaryStream(NetworkStream, writer => Explainer.SaveNetwork(writer.BaseStream));
        ctx.SaveBinaryStream(StatisticsStream, Explainer.SaveStatistics);
    }

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "IBAEXPLN",
        // 0x00010001: initial
        verWrittenCur: VersionWithChannelDimension,
        verReadableCur: VersionWithChannelDimension,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(IbaTransformer).Assembly.FullName);

    // Factory method for SignatureLoadModel.
    private static IbaTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        var host = env.Register(nameof(IbaTransformer));
        host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());
        TorchLibrary.EnsureLoaded();
        var device = DeviceChoice.Resolve(host, null, null);

        LayerStatistics? statistics = null;
        Network? network = null;
        try
        {
            string format = ctx.LoadNonEmptyString();
            var settings = IbaSettings.Load(host, ctx);
            bool complete = ctx.TryLoadBinaryStream(StatisticsStream, reader => statistics = LayerStatistics.Load(reader))
                & ctx.TryLoadBinaryStream(NetworkStream, reader => network = NetworkFormats.Load(format, reader.BaseStream));
            host.CheckDecode(complete, "The model file lacks the network or its statistics.");
            if (device is not null) network!.MoveTo(device);
            CheckFits(host, settings, network!, statistics!);
            return new IbaTransformer(env, settings, network!, ownsNetwork: true, statistics!);
        }
        catch (Exception failure)
        {
            statistics?.Dispose();
            network?.Dispose();
            if (failure is not (InvalidDataException or OnnxFormatException or EndOfStreamException or ArgumentException or InvalidOperationException)) throw;
            throw host.ExceptDecode(failure, $"The model file is damaged or was changed: {failure.Message}");
        }
    }

    // Factory method for SignatureLoadRowMapper.
    private static IRowMapper Create(IHostEnvironment env, ModelLoadContext ctx, DataViewSchema schema)
        => Create(env, ctx).MakeRowMapper(schema);

    private static void CheckFits(IHost host, IbaSettings settings, Network network, LayerStatistics statistics)
    {
        host.CheckDecode(
            settings.Input.Columns.Select(column => column.InputName).SequenceEqual(network.Inputs.Select(input => input.Name)),
            "The network's inputs are not those that the settings name.");
        host.CheckDecode(
            statistics.Mean.dim() == settings.FeatureShape.Count
                && statistics.Mean.shape.Zip(settings.FeatureShape).All(pair => pair.First == 1 || pair.First == pair.Second),
            "The statistics do not have the shape of the layer's features.");
        network.Split(settings.Layer).Dispose();
    }
}
