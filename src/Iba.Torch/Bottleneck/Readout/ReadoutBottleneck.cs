using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The readout bottleneck (Schulz et al. 2020, section 3.3): a small network, trained on many rows, that reads the features of several layers
/// and says how much of each feature of one layer may pass. A map costs one forward pass, and is coarser than an optimised one
/// (<see cref="PerSampleBottleneck"/>).
/// </summary>
/// <remarks>Made by <see cref="ReadoutTraining"/>. Rows go through a <see cref="ReadoutCut"/> of the network that it was trained on.</remarks>
/// <example>
/// <code language="csharp"><![CDATA[
/// using var network = OnnxNetwork.Load("efficientnet-lite0.onnx");
/// using var cut = new ReadoutCut(network, "blocks.4", ["blocks.2", "blocks.4", "blocks.10", "blocks.15"]);
///
/// // Batches of photographs as the network takes them: [N, 3, 224, 224].
/// IReadOnlyList<TorchSharp.torch.Tensor> batches = [TorchSharp.torch.rand(8, 3, 224, 224), TorchSharp.torch.rand(8, 3, 224, 224)];
/// using var measurement = new ReadoutMeasurement(cut);
/// foreach (var batch in batches) measurement.Add([batch]);
///
/// using var training = new ReadoutTraining(cut, measurement, new ReadoutOptions { Epochs = 40 });
/// while (!training.IsFinished)
/// {
///     foreach (var batch in batches) training.Add([batch]);
///     Console.WriteLine(training.EndEpoch());
/// }
///
/// using var readout = training.ToMethod();
/// using var explained = readout.Explain(cut, [batches[0]]);
/// using var maps = explained.ToMap(224, 224); // Bits per pixel.
/// ]]></code>
/// </example>
public sealed class ReadoutBottleneck : AttributionMethod
{
    internal const string MethodName = "readout-bottleneck";

    private const int Version = 1;

    private readonly string[] _readoutLayers;
    private readonly LayerStatistics _statistics;
    private readonly ReadoutScale _scale;
    private readonly ReadoutNetwork _network;
    private readonly ReadoutOptions _options;
    private readonly BottleneckOptions _bottleneck;

    /// <param name="layer">The layer of the bottleneck.</param>
    /// <param name="readoutLayers">The layers that are read.</param>
    /// <param name="statistics">Those of the bottleneck's layer. Owned.</param>
    /// <param name="scale">That of the layers that are read. Owned.</param>
    /// <param name="network">The trained network. Owned.</param>
    /// <param name="options">The options.</param>
    internal ReadoutBottleneck(
        string layer, IEnumerable<string> readoutLayers, LayerStatistics statistics, ReadoutScale scale, ReadoutNetwork network, ReadoutOptions options)
    {
        Layer = layer;
        _readoutLayers = [.. readoutLayers];
        _statistics = statistics;
        _scale = scale;
        _network = network;
        _options = options.Copy();
        _bottleneck = _options.ToBottleneck();
    }

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => MapUnit.Bits;

    /// <summary>The layer whose features pass the bottleneck.</summary>
    public string Layer { get; }

    /// <summary>The layers whose features are read.</summary>
    public IReadOnlyList<string> ReadoutLayers => _readoutLayers;

    /// <summary>What the maps explain of each row: what the readout was trained for.</summary>
    public ExplanationTarget Target => _options.Target;

    /// <summary>The options that it was trained with.</summary>
    internal ReadoutOptions Options => _options;

    /// <summary>What was trained.</summary>
    internal IReadOnlyList<Tensor> Parameters => _network.Parameters;

    /// <summary>The statistics of the bottleneck's layer.</summary>
    internal LayerStatistics Statistics => _statistics;

    // *** Binary format ***
    // int: version; string: layer; int: number of layers that are read; string: each
    // options: see ReadoutOptions
    // statistics of the layer; scale: see ReadoutScale; network: see ReadoutNetwork
    /// <summary>Writes options, statistics and weights.</summary>
    /// <param name="writer">Where to write; left open.</param>
    /// <exception cref="InvalidOperationException">The loss is one of your own, which has no name to be saved by.</exception>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Version);
        writer.Write(Layer);
        writer.Write(_readoutLayers.Length);
        foreach (string layer in _readoutLayers) writer.Write(layer);
        _options.Save(writer);
        _statistics.Save(writer);
        _scale.Save(writer);
        _network.Save(writer);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are damaged, or of a newer version.</exception>
    internal static ReadoutBottleneck Load(BinaryReader reader)
    {
        int version = reader.ReadInt32();
        if (version is < 1 or > Version) throw new InvalidDataException($"A readout of format {version}; this library reads 1 to {Version}: update it.");
        string layer = reader.ReadString();
        int count = reader.ReadInt32();
        if (count is < 1 or > 1000) throw new InvalidDataException($"A readout of {count} layers; expected 1 to 1000.");
        string[] layers = new string[count];
        for (int i = 0; i < count; i++) layers[i] = reader.ReadString();
        var options = ReadoutOptions.Load(reader);
        LayerStatistics? statistics = null;
        ReadoutScale? scale = null;
        ReadoutNetwork? network = null;
        try
        {
            statistics = LayerStatistics.LoadWithChannels(reader);
            scale = ReadoutScale.Load(reader);
            network = ReadoutNetwork.Load(reader);
            long channels = statistics.Mean.shape[statistics.ChannelDimension - 1];
            if (scale.Layers != count || network.ChannelsIn != scale.Channels || network.ChannelsOut != channels)
            {
                throw new InvalidDataException(
                    $"A readout of {count} layers whose network takes {network.ChannelsIn} channels of {scale.Channels} and gives {network.ChannelsOut} of {channels}.");
            }

            return new ReadoutBottleneck(layer, layers, statistics, scale, network, options);
        }
        catch
        {
            statistics?.Dispose();
            scale?.Dispose();
            network?.Dispose();
            throw;
        }
    }

    /// <summary>A training that begins with these weights; disposed by the caller.</summary>
    internal ReadoutTraining ToTraining(ReadoutCut cut) => new(cut, _statistics.To(CPU), _scale.Copy(), _network.To(CPU), _options);

    /// <inheritdoc/>
    internal override SplitNetwork Cut(Network network, string layer) => new ReadoutCut(network, layer, _readoutLayers);

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        using var noGradient = no_grad();
        var activation = (ReadoutActivation)pass.Activation;
        var features = pass.Features.contiguous();
        using var statistics = _statistics.To(features.device);
        using var network = _network.To(features.device);
        var flow = new RestrictedFlow(features, statistics, _bottleneck, pass.Mask);
        var mask = flow.Lambda(AlphaOf(activation, _scale, network.Parameters, statistics.ChannelDimension, pass.Mask).to_type(features.dtype));
        var capacity = flow.Capacity(mask);
        var (reported, channels) = pass.Arrange(capacity);
        return new ReadoutResult(pass, Heatmap.BitsPerPosition(reported, channels)) { Capacity = capacity, Mask = mask.Lambda, Objections = Objections(pass) };
    }

    /// <summary>What the readout makes of the layers that are read, in the layout of the bottleneck's features.</summary>
    internal static Tensor AlphaOf(ReadoutActivation activation, ReadoutScale scale, IReadOnlyList<Tensor> parameters, int channelDimension, Tensor? mask)
    {
        long[] positions = activation.Features.shape.Where((_, dimension) => dimension > 0 && dimension != channelDimension).ToArray();
        return ReadoutNetwork.Alpha(parameters, scale.Apply(activation.Readouts, positions, padded: mask is not null), positions, channelDimension);
    }

    private protected override void CheckRows(SplitNetwork network, Activation activation, AttributionRequest request)
    {
        if (network is not ReadoutCut cut || activation is not ReadoutActivation || network.LayerName != Layer || !cut.ReadoutLayers.SequenceEqual(_readoutLayers))
        {
            throw new ArgumentException(
                $"The readout was trained on new {nameof(ReadoutCut)}(network, \"{Layer}\", [{string.Join(", ", _readoutLayers.Select(name => $"\"{name}\""))}]): give it such a cut, not another one at '{network.LayerName}'.",
                nameof(network));
        }

        if (request.Target is not OneClassTarget)
        {
            throw new ArgumentException($"The target is '{request.Target}'; a readout explains the one class that it learned to explain, '{_options.Target}'.", nameof(request));
        }

        long[] row = activation.Features.shape[1..];
        long[] measured = _statistics.Mean.shape;
        bool fits = request.ChannelDimension == _statistics.ChannelDimension && row.Length == measured.Length
            && row.Zip(measured).Select((sizes, i) => sizes.First == sizes.Second || (_statistics.PerChannel && i + 1 != request.ChannelDimension)).All(same => same);
        if (fits) return;
        throw new ArgumentException(
            $"Layer '{Layer}' gives features {Shapes.Format(activation.Features.shape)} with channels in dimension {request.ChannelDimension}; the readout was trained on " +
            $"{Shapes.Format(measured)} per row{(_statistics.PerChannel ? " (one value per channel)" : "")}, channels in dimension {_statistics.ChannelDimension}.",
            nameof(activation));
    }

    private protected override OutputKind AskedOutput => _options.Output;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _statistics.Dispose();
            _scale.Dispose();
            _network.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The map does not change with the target: where another one is asked than the readout learned, it would explain the wrong class.</summary>
    private string?[] Objections(AttributionPass pass)
    {
        long[] asked = pass.Question.Asked.cpu().data<long>().ToArray();
        long[] learned = ((OneClassTarget)_options.Target).Resolve(pass.LogProbabilities, pass.Question.Asked).cpu().data<long>().ToArray();
        return [.. asked.Zip(learned, (one, other) => one == other ? null
            : $"class {one} is asked, but the readout learned to explain '{_options.Target.Name}', which is class {other} here: train one for the target that is asked")];
    }
}
