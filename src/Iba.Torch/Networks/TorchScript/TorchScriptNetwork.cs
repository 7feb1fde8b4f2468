using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// TorchScript files (<c>torch.jit.save</c>) as a network. Nothing can be replaced inside a TorchScript module, so that either one file
/// calls its children one after the other, which is checked, and can be cut after each of them (also inside those that are such
/// sequences themselves), or two files hold what comes before and after the layer.
/// </summary>
public sealed class TorchScriptNetwork : Network
{
    private const long TrialRows = 2;

    private readonly IReadOnlyList<(string Name, byte[] Bytes)> _files;
    private readonly NetworkInput _input;
    private readonly OutputKind _declaredOutput;
    private byte[]? _filesHash;
    private bool _dropsSoftmax;
    private ScriptSequence? _sequence;
    private IReadOnlyList<(LayerInfo Info, int End)>? _layers;

    internal TorchScriptNetwork(IReadOnlyList<(string Name, byte[] Bytes)> files, NetworkInput input, OutputKind output)
    {
        TorchLibrary.EnsureLoaded();
        _files = files;
        _input = input;
        _declaredOutput = output;
        _sequence = Open(CPU);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkInput> Inputs => [_input];

    /// <inheritdoc/>
    public override OutputKind Output => _dropsSoftmax ? OutputKind.Logits : _declaredOutput;

    /// <inheritdoc/>
    public override Device Device => _device;

    private Device _device = CPU;

    /// <inheritdoc/>
    public override string Format => "torchscript";

    internal ScriptSequence Sequence
    {
        get
        {
            ObjectDisposedException.ThrowIf(_sequence is null, this);
            return _sequence;
        }
    }

    /// <summary>Loads one file whose forward pass calls its children one after the other.</summary>
    /// <param name="path">The file.</param>
    /// <param name="inputShape">The shape of one input without the batch, for example <c>[3, 224, 224]</c>; -1 where it may vary.</param>
    /// <param name="output">What the network returns. A softmax at the end is cut off under <see cref="OutputKind.Auto"/>.</param>
    /// <param name="inputType">The element type of the input.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no TorchScript file.</exception>
    /// <exception cref="InvalidOperationException">It does more than to call its children in sequence, or does not accept the input.</exception>
    public static TorchScriptNetwork Load(
        string path, IReadOnlyList<long> inputShape, OutputKind output = OutputKind.Auto, ScalarType inputType = ScalarType.Float32)
        => new([("", File.ReadAllBytes(path))], Declare(inputShape, inputType), output);

    /// <summary>Loads a network that was saved as two files, cut at the layer "head" (and inside both, where they are sequences).</summary>
    /// <param name="headPath">What comes up to the layer: input to features.</param>
    /// <param name="tailPath">What comes after it: features to logits or probabilities.</param>
    /// <param name="inputShape">The shape of one input without the batch, for example <c>[3, 224, 224]</c>; -1 where it may vary.</param>
    /// <param name="output">What the network returns. A softmax at the end is cut off under <see cref="OutputKind.Auto"/>.</param>
    /// <param name="inputType">The element type of the input.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">One is no TorchScript file.</exception>
    /// <exception cref="InvalidOperationException">They do not accept the input, or the tail does not accept what the head gives.</exception>
    public static TorchScriptNetwork LoadPair(
        string headPath,
        string tailPath,
        IReadOnlyList<long> inputShape,
        OutputKind output = OutputKind.Auto,
        ScalarType inputType = ScalarType.Float32)
        => new([("head", File.ReadAllBytes(headPath)), ("tail", File.ReadAllBytes(tailPath))], Declare(inputShape, inputType), output);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="stream">Where to read; left open. Need not be seekable.</param>
    /// <exception cref="InvalidDataException">The bytes are no saved TorchScript network.</exception>
    public static TorchScriptNetwork Load(Stream stream) => ScriptFile.Read(stream);

    /// <inheritdoc/>
    public override IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes)
    {
        ArgumentNullException.ThrowIfNull(inputShapes);
        if (inputShapes.Length != 1) throw new ArgumentException($"The network has one input, but got {inputShapes.Length} shapes.", nameof(inputShapes));
        NetworkInputs.CheckShape(_input, inputShapes[0], nameof(inputShapes));
        using var trial = NetworkInputs.Random(_input, [TrialRows, .. inputShapes[0].Skip(1)], Device);
        return ScriptLayers.Of(Sequence, trial, inputShapes[0][0]).Select(layer => layer.Info).ToArray();
    }

    /// <inheritdoc/>
    public override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (sequence, input) = Prepare(inputs);
        return sequence.Run(input, 0, sequence.Steps.Count).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override SplitNetwork Split(string layer)
    {
        var (info, end) = Find(layer);
        return new SplitScript(this, info, end);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Features(IReadOnlyList<string> layers, IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(layers);
        using var scope = NewDisposeScope();
        var (features, _) = UpTo(layers, inputs, toEnd: false);
        return Array.ConvertAll(features, tensor => tensor.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    internal override (IReadOnlyList<Tensor> Features, Tensor Output) FeaturesAndOutput(IReadOnlyList<string> layers, IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(layers);
        using var scope = NewDisposeScope();
        var (features, output) = UpTo(layers, inputs, toEnd: true);
        return (Array.ConvertAll(features, tensor => tensor.MoveToOuterDisposeScope()), output.alias().MoveToOuterDisposeScope());
    }

    private (Tensor[] Features, Tensor Last) UpTo(IReadOnlyList<string> layers, IReadOnlyList<Tensor> inputs, bool toEnd)
    {
        int[] ends = layers.Select(layer => Find(layer).End).ToArray();
        using var noGradient = no_grad();
        var (sequence, value) = Prepare(inputs);
        var features = new Dictionary<int, Tensor>();
        int done = 0;
        foreach (int end in (toEnd ? ends.Append(sequence.Steps.Count) : ends).Distinct().Order())
        {
            features[end] = value = sequence.Run(value, done, end);
            done = end;
        }

        return (Array.ConvertAll(ends, end => features[end].alias()), value);
    }

    /// <inheritdoc/>
    public override SplitNetwork SplitAtInput(string? input = null)
    {
        ObjectDisposedException.ThrowIf(_sequence is null, this);
        var explained = NetworkInputs.Explained(Inputs, input, nameof(input));
        return new SplitScript(this, new LayerInfo(explained.Name, NetworkInputs.OneRow(explained.Shape), AfterRelu: false, CostShare: 0), end: 0);
    }

    /// <inheritdoc/>
    /// <remarks>The steps of the sequence that have parameters: whole modules, where they could not be taken apart.</remarks>
    public override IReadOnlyList<string> WeightLayers => Sequence.Steps.Where(step => step.Weights.Count > 0).Select(step => step.Name).ToArray();

    /// <inheritdoc/>
    public override IDisposable RandomizeWeights(string weightLayer, long seed)
    {
        CheckWeightLayer(weightLayer);
        return Randomize(Sequence.Steps.First(step => step.Name == weightLayer).Weights, seed);
    }

    /// <inheritdoc/>
    public override void MoveTo(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        ThrowIfRandomized("moved");
        var old = Sequence;
        _sequence = Open(device);
        _device = device;
        old.Dispose();
    }

    /// <inheritdoc/>
    public override void Save(Stream stream)
    {
        ObjectDisposedException.ThrowIf(_sequence is null, this);
        ThrowIfRandomized("saved");
        ScriptFile.Write(stream, _files, _input, _declaredOutput);
    }

    /// <summary>Adds what the steps up to a layer compute with: the files, of which nothing changes, and weights that hold noise.</summary>
    internal void AddHead(WeightFingerprint fingerprint, int end)
    {
        fingerprint.Add(_filesHash ??= SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(_files.Select(file => $"{file.Name}:{Convert.ToHexString(SHA256.HashData(file.Bytes))};")))));
        if (!IsRandomized) return;
        foreach (var step in Sequence.Steps.Take(end))
        {
            foreach (var weight in step.Weights) fingerprint.Add(step.Name, weight);
        }
    }

    /// <summary>The steps, and the input checked and on the network's device.</summary>
    internal (ScriptSequence Sequence, Tensor Input) Prepare(IReadOnlyList<Tensor> inputs)
        => (Sequence, NetworkInputs.Single(_input, inputs).to(Device));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _sequence?.Dispose();
        _sequence = null;
    }

    private static NetworkInput Declare(IReadOnlyList<long> inputShape, ScalarType inputType)
        => new("input", inputType, NetworkInputs.WithBatch(inputShape, nameof(inputShape)));

    private (LayerInfo Info, int End) Find(string layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        using var trial = _layers is null ? Trial(Device) : null;
        _layers ??= ScriptLayers.Of(Sequence, trial!, batch: 1);
        foreach (var known in _layers.Where(known => known.Info.Name == layer)) return known;
        string nearest = string.Join(", ", NearestNames.Of(layer, _layers.Select(known => known.Info.Name)));
        throw new ArgumentException($"The TorchScript network has no layer '{layer}'. The nearest: {nearest}.", nameof(layer));
    }

    private ScriptSequence Open(Device device)
    {
        using var trial = Trial(device);
        var sequence = ScriptSequence.Load(_files, trial);
        _dropsSoftmax = _declaredOutput == OutputKind.Auto && sequence.DropFinalSoftmax(trial);
        return sequence;
    }

    private Tensor Trial(Device device)
        => NetworkInputs.Random(_input, [TrialRows, .. TrialSizes.Fill(_input.Shape, TrialSizes.Small).Skip(1)], device);
}
