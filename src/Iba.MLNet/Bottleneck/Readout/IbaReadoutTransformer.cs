using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(IbaReadoutTransformer.Summary, typeof(IbaReadoutTransformer), null, typeof(SignatureLoadModel),
    IbaReadoutTransformer.UserName, IbaReadoutTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(IbaReadoutTransformer), null, typeof(SignatureLoadRowMapper),
    IbaReadoutTransformer.UserName, IbaReadoutTransformer.LoaderSignature)]

namespace Iba.MLNet;

/// <summary><see cref="ITransformer"/> resulting from fitting an <see cref="IbaReadoutEstimator"/>: adds heat maps in bits, at one forward pass each.</summary>
/// <inheritdoc cref="AttributionTransformerBase" path="/remarks"/>
public sealed class IbaReadoutTransformer : AttributionTransformerBase
{
    internal const string Summary = "Explains the predictions of a classifier by a trained readout bottleneck.";
    internal const string UserName = "Readout Bottleneck Attribution";
    internal const string LoaderSignature = "IbaReadoutTransf";

    private const uint Version = 0x00010001; // initial

    private readonly ReadoutBottleneck _readout;

    internal IbaReadoutTransformer(IHostEnvironment env, RowSettings settings, ReadoutBottleneck readout, NetworkLease network, string? fingerprint)
        : this(Contracts.CheckRef(env, nameof(env)).Register(nameof(IbaReadoutTransformer)), settings, readout, network, fingerprint)
    {
    }

    private IbaReadoutTransformer(IHost host, RowSettings settings, ReadoutBottleneck readout, NetworkLease network, string? fingerprint)
        : base(host, new Explainer(host, settings, network, readout, ownsMethod: true, typeof(IbaReadoutTransformer)) { Fingerprint = fingerprint })
        => _readout = readout;

    /// <summary>The layer whose features pass the bottleneck.</summary>
    public string Layer => Settings.Layer!;

    /// <summary>The layers that are read.</summary>
    public IReadOnlyList<string> ReadoutLayers => _readout.ReadoutLayers;

    /// <summary>The number of rows that Fit measured, and trained on in each epoch.</summary>
    public long MeasuredRows => _readout.Statistics.Count;

    /// <summary>The seed of the first weights and of the noise.</summary>
    public long Seed => _readout.Options.Seed;

    private protected override long? CountedRows => MeasuredRows;

    private protected override long? NoiseSeed => Seed;

    // *** Binary format ***
    // string: format of the network; "model": it is in the model
    // rows: see RowSettings
    // text or null: fingerprint of the weights up to the layers
    // fit: see FitRecord
    // model: see ExplainedModel, if the network is in it
    // stream "Network": what Network.Save wrote, if there is no model
    // stream "Readout": what ReadoutBottleneck.Save wrote
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
        ctx.Writer.WriteText(Explainer.Fingerprint);
        SavedNetwork.Save(ctx, Explainer, Model, Fit);
        ctx.SaveBinaryStream(ModelEntries.Readout, writer => Explainer.Use(() => _readout.Save(writer)));
    }

    /// <inheritdoc cref="IbaTransformer.Load"/>
    public static IbaReadoutTransformer Load(IHostEnvironment env, Stream stream, LoadLimits? limits = null)
    {
        Contracts.CheckValue(env, nameof(env));
        limits ??= LoadLimits.Default;
        return ModelArchive.Load(env.Register(nameof(IbaReadoutTransformer)), stream, limits, LoaderSignature, ctx => Read(env, ctx, limits, isTrusted: false));
    }

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "IBAREADO",
        verWrittenCur: Version,
        verReadableCur: Version,
        verWeCanReadBack: Version,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(IbaReadoutTransformer).Assembly.FullName);

    // Factory method for SignatureLoadModel.
    private static IbaReadoutTransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Read(env, ctx, LoadLimits.Default, isTrusted: true);

    private static IbaReadoutTransformer Read(IHostEnvironment env, ModelLoadContext ctx, LoadLimits limits, bool isTrusted)
    {
        Contracts.CheckValue(env, nameof(env));
        var host = env.Register(nameof(IbaReadoutTransformer));
        host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());
        ReadoutBottleneck? readout = null;
        return SavedNetwork.Load<IbaReadoutTransformer>(host, ctx, limits, isTrusted, ReadSettings, () => readout?.Dispose());

        (RowSettings Settings, FitRecord Fit, Func<NetworkLease, ExplainedModel?, FitRecord, IbaReadoutTransformer> Make) ReadSettings(SettingsReader reader)
        {
            var settings = RowSettings.Load(reader);
            string? fingerprint = reader.ReadString();
            var fit = FitRecord.Load(reader);
            bool complete = ctx.TryLoadBinaryStream(ModelEntries.Readout, stream =>
            {
                limits.Check(ModelEntries.Readout, stream.BaseStream.Length);
                readout = ReadoutBottleneck.Load(stream);
            });
            host.CheckDecode(complete, "The model file lacks the readout.");
            var mean = readout!.Statistics.Mean;
            host.CheckDecode(
                settings.Layer == readout.Layer
                    && settings.ChannelDimension == readout.Statistics.ChannelDimension
                    && settings.Target.Name == readout.Target.Name
                    && mean.dim() == settings.FeatureShape.Count
                    && mean.shape.Zip(settings.FeatureShape).All(pair => pair.First == 1 || pair.First == pair.Second),
                "The readout is one of another layer, of another target, or of features of another shape than the settings say.");
            return (settings, fit, Make);

            IbaReadoutTransformer Make(NetworkLease network, ExplainedModel? model, FitRecord loaded)
            {
                // Refuses layers that the network does not have.
                readout!.Cut(network.Network, readout.Layer).Dispose();
                var transformer = new IbaReadoutTransformer(env, settings, readout, network, fingerprint) { Fit = loaded, Model = model };
                // A model's network was not saved, but found in it again.
                if (model != null) transformer.Explainer.CheckFingerprint();
                return transformer;
            }
        }
    }

    // Factory method for SignatureLoadRowMapper.
    private static IRowMapper Create(IHostEnvironment env, ModelLoadContext ctx, DataViewSchema schema)
        => Create(env, ctx).MakeRowMapper(schema);
}
