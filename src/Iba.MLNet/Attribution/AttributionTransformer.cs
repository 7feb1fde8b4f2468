using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(AttributionTransformer.Summary, typeof(AttributionTransformer), null, typeof(SignatureLoadModel),
    AttributionTransformer.UserName, AttributionTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(AttributionTransformer), null, typeof(SignatureLoadRowMapper),
    AttributionTransformer.UserName, AttributionTransformer.LoaderSignature)]

namespace Iba.MLNet;

/// <summary><see cref="ITransformer"/> resulting from fitting an <see cref="AttributionEstimator"/>: adds maps of an attribution method.</summary>
/// <inheritdoc cref="AttributionTransformerBase" path="/remarks"/>
public sealed class AttributionTransformer : AttributionTransformerBase
{
    internal const string Summary = "Explains the predictions of a classifier by an attribution method.";
    internal const string UserName = "Attribution";
    internal const string LoaderSignature = "AttributionTransf";

    private const uint Version = 0x00010001; // initial
    private const int MaximumMethodBytes = 1 << 30;

    private readonly AttributionMethod _method;

    internal AttributionTransformer(
        IHostEnvironment env, RowSettings settings, AttributionMethod method, bool ownsMethod, NetworkLease network)
        : this(Contracts.CheckRef(env, nameof(env)).Register(nameof(AttributionTransformer)), settings, method, ownsMethod, network)
    {
    }

    private AttributionTransformer(IHost host, RowSettings settings, AttributionMethod method, bool ownsMethod, NetworkLease network)
        : base(host, new Explainer(host, settings, network, method, ownsMethod, typeof(AttributionTransformer))) => _method = method;

    /// <summary>The name of the method; of the first, where there are several.</summary>
    public string Method => Methods[0].Name;

    /// <summary>What the values of the maps mean; of the first method, where there are several.</summary>
    public MapUnit Unit => Methods[0].Unit;

    /// <summary>The methods, in the order of their columns of maps; see <see cref="AttributionEstimator.Options.FurtherMethods"/>.</summary>
    public IReadOnlyList<AttributionMethod> Methods => SeveralMethods.Of(_method);

    /// <summary>The layer at which the network is cut; null: at its input.</summary>
    public string? Layer => Settings.Layer;

    // *** Binary format ***
    // string: format of the network; "model": it is in the model
    // rows: see RowSettings
    // text: name of the method
    // int: number of bytes; what AttributionMethod.Save wrote
    // fit: see FitRecord
    // model: see ExplainedModel, if the network is in it
    // stream "Network": what Network.Save wrote, if there is no model
    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        Host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        Host.Check(ctx.InRepository, "The network needs a stream of its own: save to a model file (zip), not to a single stream.");
        ctx.SaveNonEmptyString(SavedNetwork.Format(Explainer, Model));
        Settings.Save(ctx.Writer);
        ctx.Writer.WriteText(_method.Name);
        using var options = new MemoryStream();
        using (var writer = new BinaryWriter(options, System.Text.Encoding.UTF8, leaveOpen: true)) _method.Save(writer);
        ctx.Writer.Write((int)options.Length);
        ctx.Writer.Write(options.ToArray());
        SavedNetwork.Save(ctx, Explainer, Model, Fit);
    }

    /// <inheritdoc cref="IbaTransformer.Load"/>
    public static AttributionTransformer Load(IHostEnvironment env, Stream stream, LoadLimits? limits = null)
    {
        Contracts.CheckValue(env, nameof(env));
        limits ??= LoadLimits.Default;
        return ModelArchive.Load(env.Register(nameof(AttributionTransformer)), stream, limits, LoaderSignature, ctx => Read(env, ctx, limits, isTrusted: false));
    }

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "IBAATTRB",
        verWrittenCur: Version,
        verReadableCur: Version,
        verWeCanReadBack: Version,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(AttributionTransformer).Assembly.FullName);

    // Factory method for SignatureLoadModel.
    private static AttributionTransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Read(env, ctx, LoadLimits.Default, isTrusted: true);

    private static AttributionTransformer Read(IHostEnvironment env, ModelLoadContext ctx, LoadLimits limits, bool isTrusted)
    {
        Contracts.CheckValue(env, nameof(env));
        var host = env.Register(nameof(AttributionTransformer));
        host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());
        AttributionMethod? method = null;
        return SavedNetwork.Load<AttributionTransformer>(host, ctx, limits, isTrusted, reader =>
        {
            var settings = RowSettings.Load(reader);
            string name = reader.ReadNonEmptyString();
            byte[] options = reader.ReadBytes(MaximumMethodBytes);
            using var saved = new BinaryReader(new MemoryStream(options));
            method = AttributionMethods.Load(name, saved);
            SettingsReader.Check(settings.Outputs.Count(output => output.Kind == OutputColumnKind.Heatmap) == SeveralMethods.Of(method).Count);
            return (settings, FitRecord.Load(reader), (network, model, fit) => new AttributionTransformer(env, settings, method, ownsMethod: true, network)
            {
                Fit = fit,
                Model = model,
            });
        }, () => method?.Dispose());
    }

    // Factory method for SignatureLoadRowMapper.
    private static IRowMapper Create(IHostEnvironment env, ModelLoadContext ctx, DataViewSchema schema)
        => Create(env, ctx).MakeRowMapper(schema);
}
