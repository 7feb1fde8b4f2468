using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

public sealed partial class IbaTransformer
{
    private const uint FirstVersion = 0x00010001;

    /// <summary>From here on, an input's dimension of channels is saved, instead of whether it is the last.</summary>
    private const uint VersionWithChannelDimension = 0x00010002;

    /// <summary>
    /// From here on, rows and bottleneck are saved one after the other, texts in place, and with them the network's fingerprint and what is known
    /// of the fit.
    /// </summary>
    private const uint VersionWithFingerprint = 0x00010003;

    /// <summary>From here on, the bottleneck's number of seeds is saved, and further layers where there are any.</summary>
    private const uint VersionWithSeeds = 0x00010004;

    /// <summary>From here on, what the tail is computed in is saved: what was asked for, with the bottleneck, and what that was where it was fitted.</summary>
    private const uint VersionWithTailPrecision = 0x00010005;

    // *** Binary format ***
    // string: format of the network; "model": it is in the model
    // rows: see RowSettings
    // bottleneck: see BottleneckOptions
    // int: what the tail was computed in where it was fitted (not before VersionWithTailPrecision)
    // text or null: fingerprint of the weights up to the layer
    // fit: see FitRecord
    // model: see ExplainedModel, if the network is in it
    // stream "Network": what Network.Save wrote, if there is no model
    // stream "Statistics": what LayerStatistics.Save wrote
    // stream "FurtherLayers": see MeasuredLayer, if there are any
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
        ctx.SaveNonEmptyString(SavedNetwork.Format(Explainer, Model));
        Settings.Save(ctx.Writer);
        Bottleneck.Save(ctx.Writer);
        ctx.Writer.Write((int)_tail.AtFit);
        ctx.Writer.WriteText(Explainer.Fingerprint);
        SavedNetwork.Save(ctx, Explainer, Model, Fit);
        ctx.SaveBinaryStream(ModelEntries.Statistics, writer => Explainer.Use(() => _statistics.Save(writer)));
        if (_furtherLayers.Count > 0) ctx.SaveBinaryStream(ModelEntries.FurtherLayers, writer => Explainer.Use(() => MeasuredLayer.SaveAll(writer, _furtherLayers)));
    }

    /// <summary>
    /// Loads a transformer out of a model file that holds nothing else, as <c>mlContext.Model.Save</c> writes it for this transformer alone or for a
    /// chain of it alone. For files from elsewhere: <c>mlContext.Model.Load</c> makes whatever components a file names, of whatever assemblies it
    /// names; this method reads their names first, and makes none but this one.
    /// </summary>
    /// <param name="env">The environment, for example an <c>MLContext</c>.</param>
    /// <param name="stream">The model file; readable and seekable; left open.</param>
    /// <param name="limits">How much it may hold. Null (default): <see cref="LoadLimits.Default"/>.</param>
    /// <returns>The transformer, which owns the network that came with it; disposed by the caller.</returns>
    /// <exception cref="FormatException">
    /// The file is none, is damaged, holds other components, which are named, or more than the limits allow.
    /// </exception>
    /// <exception cref="NotSupportedException">
    /// Its network is of a format that nobody registered, or that nobody allowed (see <see cref="NetworkFormats"/>), or it computes in bfloat16, which this machine does not
    /// offer.
    /// </exception>
    public static IbaTransformer Load(IHostEnvironment env, Stream stream, LoadLimits? limits = null) => LoadOn(BFloat16Support.OfThisMachine, env, stream, limits);

    /// <summary>The same on a machine of which so much is known.</summary>
    internal static IbaTransformer LoadOn(BFloat16Support support, IHostEnvironment env, Stream stream, LoadLimits? limits = null)
    {
        Contracts.CheckValue(env, nameof(env));
        limits ??= LoadLimits.Default;
        return ModelArchive.Load(env.Register(nameof(IbaTransformer)), stream, limits, LoaderSignature, ctx => Read(env, ctx, limits, isTrusted: false, support));
    }

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "IBAEXPLN",
        // 0x00010001: initial
        verWrittenCur: VersionWithTailPrecision,
        verReadableCur: VersionWithTailPrecision,
        verWeCanReadBack: FirstVersion,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(IbaTransformer).Assembly.FullName);

    // Factory method for SignatureLoadModel.
    private static IbaTransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Read(env, ctx, LoadLimits.Default, isTrusted: true, BFloat16Support.OfThisMachine);

    private static IbaTransformer Read(IHostEnvironment env, ModelLoadContext ctx, LoadLimits limits, bool isTrusted, BFloat16Support support)
    {
        Contracts.CheckValue(env, nameof(env));
        var host = env.Register(nameof(IbaTransformer));
        host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());
        LayerStatistics? statistics = null;
        var furtherLayers = new List<MeasuredLayer>();
        return SavedNetwork.Load<IbaTransformer>(host, ctx, limits, isTrusted, ReadSettings, () =>
        {
            statistics?.Dispose();
            foreach (var layer in furtherLayers) layer.Statistics.Dispose();
        });

        (RowSettings Settings, FitRecord Fit, Func<NetworkLease, ExplainedModel?, FitRecord, IbaTransformer> Make) ReadSettings(SettingsReader reader)
        {
            var (settings, bottleneck, atFit, fingerprint, fit) = ReadVersion(ctx, reader);
            SettingsReader.Check(atFit != TailPrecision.Auto);
            bottleneck.BFloat16Support = support;
            bool complete = ctx.TryLoadBinaryStream(ModelEntries.Statistics, stream =>
            {
                limits.Check(ModelEntries.Statistics, stream.BaseStream.Length);
                statistics = LayerStatistics.Load(stream);
            });
            host.CheckDecode(complete, "The model file lacks the statistics of its layer.");
            ctx.TryLoadBinaryStream(ModelEntries.FurtherLayers, stream =>
            {
                limits.Check(ModelEntries.FurtherLayers, stream.BaseStream.Length);
                MeasuredLayer.LoadAll(stream, furtherLayers, support, hasTailPrecision: ctx.Header.ModelVerWritten >= VersionWithTailPrecision);
            });
            SettingsReader.Check(settings.Outputs.Count(output => output.Kind == OutputColumnKind.Heatmap) == furtherLayers.Count + 1);
            settings = settings with { ChannelDimension = statistics!.ChannelDimension };
            host.CheckDecode(
                statistics.Mean.dim() == settings.FeatureShape.Count
                    && statistics.Mean.shape.Zip(settings.FeatureShape).All(pair => pair.First == 1 || pair.First == pair.Second),
                "The statistics do not have the shape of the layer's features.");
            return (settings, fit, Make);

            IbaTransformer Make(NetworkLease network, ExplainedModel? model, FitRecord loaded)
            {
                var tail = TailOrigin.Load(host, bottleneck, settings, network.Network, atFit);
                var transformer = new IbaTransformer(env, settings, bottleneck, tail, network, statistics!, fingerprint, furtherLayers) { Fit = loaded, Model = model };
                // A model's network was not saved, but found in it again.
                if (model != null) transformer.Explainer.CheckFingerprint();
                return transformer;
            }
        }
    }

    // Factory method for SignatureLoadRowMapper.
    private static IRowMapper Create(IHostEnvironment env, ModelLoadContext ctx, DataViewSchema schema)
        => Create(env, ctx).MakeRowMapper(schema);

    private static (RowSettings Rows, BottleneckOptions Bottleneck, TailPrecision AtFit, string? Fingerprint, FitRecord Fit) ReadVersion(ModelLoadContext ctx, SettingsReader reader)
    {
        uint version = ctx.Header.ModelVerWritten;
        if (version < VersionWithFingerprint)
        {
            var (earlierRows, earlierBottleneck) = EarlierSettings.Read(
                new SettingsReader(ctx.Reader, ctx.LoadStringOrNull) { HasChannelDimension = version >= VersionWithChannelDimension, HasPadding = false });
            return (earlierRows, earlierBottleneck, TailPrecision.Float32, null, FitRecord.Unknown);
        }

        return (
            RowSettings.Load(reader),
            BottleneckOptions.Load(ctx.Reader, hasSeeds: version >= VersionWithSeeds, hasTailPrecision: version >= VersionWithTailPrecision),
            version >= VersionWithTailPrecision ? reader.ReadEnum<TailPrecision>() : TailPrecision.Float32,
            reader.ReadString(),
            FitRecord.Load(reader));
    }
}
