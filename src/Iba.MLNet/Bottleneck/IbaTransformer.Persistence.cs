using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

public sealed partial class IbaTransformer
{
    private const string NetworkStream = "Network";
    private const string StatisticsStream = "Statistics";

    private const uint FirstVersion = 0x00010001;

    /// <summary>From here on, an input's dimension of channels is saved, instead of whether it is the last.</summary>
    private const uint VersionWithChannelDimension = 0x00010002;

    /// <summary>From here on, rows and bottleneck are saved one after the other, texts in place, and the network's fingerprint with them.</summary>
    private const uint VersionWithFingerprint = 0x00010003;

    // *** Binary format ***
    // string: format of the network
    // rows: see RowSettings
    // bottleneck: see BottleneckOptions
    // text or null: fingerprint of the weights up to the layer
    // stream "Network": what Network.Save wrote
    // stream "Statistics": what LayerStatistics.Save wrote
    // Before VersionWithFingerprint: see EarlierSettings.
    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        Host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        Host.Check(ctx.InRepository, "The network needs a stream of its own: save to a model file (zip), not to a single stream.");
        // Saved with other weights, the file would be refused where it is read.
        Explainer.CheckFingerprint();
        ctx.SaveNonEmptyString(Explainer.NetworkFormat);
        Settings.Save(ctx.Writer);
        Bottleneck.Save(ctx.Writer);
        ctx.Writer.WriteText(Explainer.Fingerprint);
        ctx.SaveBinaryStream(NetworkStream, writer => Explainer.SaveNetwork(writer.BaseStream));
        ctx.SaveBinaryStream(StatisticsStream, writer => Explainer.Use(() => _statistics.Save(writer)));
    }

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "IBAEXPLN",
        // 0x00010001: initial
        verWrittenCur: VersionWithFingerprint,
        verReadableCur: VersionWithFingerprint,
        verWeCanReadBack: FirstVersion,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(IbaTransformer).Assembly.FullName);

    // Factory method for SignatureLoadModel.
    private static IbaTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        var host = env.Register(nameof(IbaTransformer));
        host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());
        LayerStatistics? statistics = null;
        return SavedNetwork.Load<IbaTransformer>(host, ctx, NetworkStream, Read, () => statistics?.Dispose());

        (RowSettings Settings, Func<Network, IbaTransformer> Make) Read(SettingsReader reader)
        {
            var (settings, bottleneck, fingerprint) = ReadSettings(ctx, reader);
            bool complete = ctx.TryLoadBinaryStream(StatisticsStream, stream => statistics = LayerStatistics.Load(stream));
            host.CheckDecode(complete, "The model file lacks the statistics of its layer.");
            settings = settings with { ChannelDimension = statistics!.ChannelDimension };
            host.CheckDecode(
                statistics.Mean.dim() == settings.FeatureShape.Count
                    && statistics.Mean.shape.Zip(settings.FeatureShape).All(pair => pair.First == 1 || pair.First == pair.Second),
                "The statistics do not have the shape of the layer's features.");
            return (settings, network => new IbaTransformer(env, settings, bottleneck, network, ownsNetwork: true, statistics, fingerprint));
        }
    }

    // Factory method for SignatureLoadRowMapper.
    private static IRowMapper Create(IHostEnvironment env, ModelLoadContext ctx, DataViewSchema schema)
        => Create(env, ctx).MakeRowMapper(schema);

    private static (RowSettings Rows, BottleneckOptions Bottleneck, string? Fingerprint) ReadSettings(ModelLoadContext ctx, SettingsReader reader)
    {
        uint version = ctx.Header.ModelVerWritten;
        if (version < VersionWithFingerprint)
        {
            var (earlierRows, earlierBottleneck) = EarlierSettings.Read(
                new SettingsReader(ctx.Reader, ctx.LoadStringOrNull) { HasChannelDimension = version >= VersionWithChannelDimension, HasPadding = false });
            return (earlierRows, earlierBottleneck, null);
        }

        return (RowSettings.Load(reader), BottleneckOptions.Load(ctx.Reader), reader.ReadString());
    }
}
