using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A TorchSharp module as a network. Layers are the modules inside it, by their path (<c>named_modules</c>), as far as they turn one
/// tensor into one tensor and are called by <c>call</c> (<c>forward</c> bypasses hooks); a module that is called several times in one
/// pass has a layer for each call, <c>path#1</c>, <c>path#2</c> and so on. While the network lives, the module is in evaluation mode and
/// its weights need no gradient; <see cref="Network.Dispose()"/> restores both.
/// </summary>
/// <remarks>
/// The application may go on calling the module, from any thread, while it is explained: it gets its own results. Make networks of it before
/// other threads call it. It cannot be trained meanwhile: a module that was put into training mode, or whose weights take gradients again, is
/// refused. Several networks may share a module or parts of it; they take turns, and the last one that is disposed restores it.
/// </remarks>
public sealed class ModuleNetwork : Network
{
    private readonly nn.Module<Tensor, Tensor> _module;
    private readonly ModuleParts _parts;
    private readonly NetworkInput _input;
    private readonly OutputKind _declaredOutput;
    private readonly Softmax? _finalSoftmax;
    private readonly Type? _factory;
    private readonly bool _ownsModule;
    private readonly Device _originalDevice;
    private ModuleTrace? _trace;
    private bool _disposed;

    /// <summary>Wraps a module, which stays the caller's: dispose the network first, then the module.</summary>
    /// <param name="module">A classifier: <c>[N, ...]</c> in, <c>[N, classes]</c> out.</param>
    /// <param name="inputShape">The shape of one input without the batch, for example <c>[3, 224, 224]</c>; -1 where it may vary.</param>
    /// <param name="output">What the module returns. A softmax at the end of nested <c>Sequential</c>s is cut off under <see cref="OutputKind.Auto"/>.</param>
    /// <param name="factory">A public type that implements <see cref="IModuleFactory"/> and builds the same module; needed by <see cref="Save"/> only.</param>
    /// <param name="inputType">The element type of the input. Null (default): that of the module's first floating point parameter, or float32.</param>
    /// <exception cref="ArgumentException">The shape is none, or the type is no factory.</exception>
    public ModuleNetwork(
        nn.Module<Tensor, Tensor> module,
        IReadOnlyList<long> inputShape,
        OutputKind output = OutputKind.Auto,
        Type? factory = null,
        ScalarType? inputType = null)
        : this(module, new NetworkInput("input", inputType ?? ParameterType(module), NetworkInputs.WithBatch(inputShape, nameof(inputShape))), output, factory, ownsModule: false)
    {
    }

    internal ModuleNetwork(nn.Module<Tensor, Tensor> module, NetworkInput input, OutputKind output, Type? factory, bool ownsModule)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (factory is not null && ModuleFactories.Objection(factory) is { } objection)
        {
            throw new ArgumentException($"'{factory.FullName}' cannot build the module: {objection}. {ModuleFactories.Advice}.", nameof(factory));
        }

        TorchLibrary.EnsureLoaded();
        _module = module;
        _input = input;
        _declaredOutput = output;
        _finalSoftmax = output == OutputKind.Auto ? FinalModule(module) as Softmax : null;
        _factory = factory;
        _ownsModule = ownsModule;
        _originalDevice = Device;
        _parts = new ModuleParts(module);
    }

    /// <summary>
    /// Whether each image is repeated for each noisy version of its features. By default it is not where a trial shows that one copy
    /// gives the same results. Set it where the module calls <c>torch.matmul</c> on shapes that hold the input's batch size: libtorch ends
    /// the process on such a mismatch instead of reporting it. Default: false.
    /// </summary>
    public bool RepeatsInput { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<NetworkInput> Inputs => [_input];

    /// <inheritdoc/>
    public override OutputKind Output => _finalSoftmax is null ? _declaredOutput : OutputKind.Logits;

    /// <inheritdoc/>
    public override Device Device
        => _module.parameters().FirstOrDefault()?.device ?? _module.buffers().FirstOrDefault()?.device ?? CPU;

    /// <inheritdoc/>
    public override string Format => "module";

    /// <inheritdoc/>
    internal override NetworkAccess Access => _parts.Access;

    /// <inheritdoc/>
    public override IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes)
    {
        ArgumentNullException.ThrowIfNull(inputShapes);
        if (inputShapes.Length != 1) throw new ArgumentException($"The network has one input, but got {inputShapes.Length} shapes.", nameof(inputShapes));
        NetworkInputs.CheckShape(_input, inputShapes[0], nameof(inputShapes));
        return Probe(inputShapes[0]).Layers.Select(layer => layer.Info).ToArray();
    }

    /// <inheritdoc/>
    public override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var noGradient = no_grad();
        return ForwardWithGradient(inputs);
    }

    /// <inheritdoc/>
    public override SplitNetwork Split(string layer) => new SplitModule(this, Find(layer));

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Features(IReadOnlyList<string> layers, IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var found = layers.Select(Find).ToArray();
        using var scope = NewDisposeScope();
        return Array.ConvertAll(ModuleFeatures.Of(found, Call, Prepare(inputs)), features => features.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    internal override (IReadOnlyList<Tensor> Features, Tensor Output) FeaturesAndOutput(IReadOnlyList<string> layers, IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var found = layers.Select(Find).ToArray();
        using var scope = NewDisposeScope();
        var (features, output) = ModuleFeatures.AndOutput(found, Call, Prepare(inputs));
        return (Array.ConvertAll(features, tensor => tensor.MoveToOuterDisposeScope()), output.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override SplitNetwork SplitAtInput(string? input = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new SplitInput(this, NetworkInputs.Explained(Inputs, input, nameof(input)), ForwardWithGradient, row => ResultBytes(() => true, () => ForwardWithGradient(row)));
    }

    /// <inheritdoc/>
    /// <remarks>The modules that have parameters of their own, by their paths; "" is the module itself.</remarks>
    public override IReadOnlyList<string> WeightLayers
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return ModuleWeights.Parts(_module, Trace.Calls);
        }
    }

    /// <inheritdoc/>
    public override IDisposable RandomizeWeights(string weightLayer, long seed)
    {
        CheckWeightLayer(weightLayer);
        return Randomize(ModuleWeights.OfPart(_module, weightLayer), seed);
    }

    /// <inheritdoc/>
    internal override string? GuidanceObjection
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Trace.Calls.Any(IsRectifier) ? null
                : "no module of the network is a ReLU or ReLU6 that is called by 'call' (what its own code calls as a function cannot be seen)";
        }
    }

    /// <inheritdoc/>
    internal override Tensor Guided(Func<Tensor> forward)
        => ModulePass.Run(forward, (module, _, result) => IsRectifier(module) ? RectifiedGradient.Of(result) : result);

    /// <inheritdoc/>
    public override void MoveTo(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfRandomized("moved");
        _module.to(device);
        _parts.Freeze();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There is no factory, or it builds another module.</exception>
    public override void Save(Stream stream)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfRandomized("saved");
        if (_factory is null)
        {
            throw new InvalidOperationException(
                $"A module's code cannot be saved, only its weights. {ModuleFactories.Advice}, and name it: " +
                "new ModuleNetwork(module, inputShape, factory: typeof(MyFactory)).");
        }

        ModuleFile.Write(stream, _module, _factory, _input, _declaredOutput);
    }

    /// <summary>Reads what <see cref="Save"/> wrote: makes the module by its factory and loads the weights.</summary>
    /// <param name="stream">Where to read; left open. Need not be seekable.</param>
    /// <exception cref="InvalidDataException">The bytes are no saved module network.</exception>
    /// <exception cref="InvalidOperationException">The factory is not in this application, or builds another module than the saved one.</exception>
    public static ModuleNetwork Load(Stream stream)
    {
        TorchLibrary.EnsureLoaded();
        return ModuleFile.Read(stream);
    }

    /// <summary>The input, checked and on the network's device.</summary>
    internal Tensor Prepare(IReadOnlyList<Tensor> inputs)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return NetworkInputs.Single(_input, inputs).to(Device);
    }

    /// <summary>Runs the module; a final softmax that was found is left out.</summary>
    internal Tensor Call(Tensor input)
    {
        _parts.CheckFrozen();
        var output = _finalSoftmax is null
            ? _module.call(input)
            : ModulePass.Run(() => _module.call(input), (called, logits, result) => ReferenceEquals(called, _finalSoftmax) ? logits.alias() : result);
        // The application's threads may have set it meanwhile.
        _parts.CheckFrozen();
        return output;
    }

    /// <summary>The parameters and buffers that come up to a layer, or of which no call shows where they come.</summary>
    internal IEnumerable<(string Name, Tensor Value)> HeadWeights(ModuleLayer layer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return ModuleWeights.OfHead(_module, Trace.Calls.Skip(layer.Called));
    }

    /// <inheritdoc cref="ModuleMemory.OfResults"/>
    internal long ResultBytes(Func<bool> counts, Func<Tensor> run) => ModuleMemory.OfResults(_module, counts, run);

    /// <inheritdoc/>
    protected override Tensor ForwardWithGradient(IReadOnlyList<Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        var input = Prepare(inputs);
        try
        {
            return Call(input.clone()).MoveToOuterDisposeScope();
        }
        catch (ExternalException exception)
        {
            throw new InvalidOperationException(
                $"The module fails on input of shape {Shapes.Format(input.shape)}: {NativeError.FirstLine(exception)}", exception);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        using var access = Access.Enter();
        if (_disposed) return;
        _disposed = true;
        if (_ownsModule)
        {
            _module.Dispose();
            return;
        }

        try
        {
            if (Device.ToString() != _originalDevice.ToString()) _module.to(_originalDevice);
            _parts.Leave();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or InvalidOperationException)
        {
            return; // The module was disposed before the network: nothing is left to restore.
        }
    }

    /// <summary>What a pass of the declared shape shows; where that is open, dimensions that follow the input's size are -1.</summary>
    private ModuleTrace Trace
    {
        get
        {
            if (_trace is not null) return _trace;
            var small = Probe(NetworkInputs.OneRow(TrialSizes.Fill(_input.Shape, TrialSizes.Small)));
            if (!TrialSizes.AreOpen(_input.Shape)) return _trace = small;
            var large = Probe(NetworkInputs.OneRow(TrialSizes.Fill(_input.Shape, TrialSizes.Large)));
            return _trace = small with { Layers = small.Layers.Zip(large.Layers, WithOpenSizes).ToArray() };

            static ModuleLayer WithOpenSizes(ModuleLayer one, ModuleLayer other)
                => one with { Info = one.Info with { Shape = TrialSizes.Merge(one.Info.Shape, other.Info.Shape) } };
        }
    }

    private ModuleTrace Probe(IReadOnlyList<long> shape)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _parts.HookAll();
        return ModuleProbe.Run(_module, Call, _input, shape, Device);
    }

    /// <summary>The layer of a name, or of another path of its module.</summary>
    /// <exception cref="ArgumentException">There is no such layer.</exception>
    private ModuleLayer Find(string layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Trace.Layers.FirstOrDefault(known => known.Info.Name == layer) is { } found) return found;

        var named = _module.named_modules().FirstOrDefault(named => named.name == layer).module;
        // The same module under another path.
        if (Trace.Layers.Where(known => ReferenceEquals(known.Module, named)).ToArray() is [var alias]) return alias;
        throw new ArgumentException(Objection(layer, named), nameof(layer));
    }

    private string Objection(string layer, nn.Module? module)
    {
        if (module is null)
        {
            return $"The module has no layer '{layer}'. The nearest: {string.Join(", ", NearestNames.Of(layer, Trace.Layers.Select(known => known.Info.Name)))}.";
        }

        string[] calls = Trace.Layers.Where(known => ReferenceEquals(known.Module, module)).Select(known => known.Info.Name).ToArray();
        return calls.Length > 1
            ? $"'{layer}' is called {calls.Length} times in one forward pass. Name the call: {string.Join(", ", calls)}."
            : $"'{layer}' is a part of the module, but no place to cut: it is never called, or called by forward instead of call (which bypasses " +
              "hooks), or its output is not one float tensor with the batch first.";
    }

    private static bool IsRectifier(nn.Module module) => module is ReLU or ReLU6;

    private static ScalarType ParameterType(nn.Module module)
        => module?.parameters().FirstOrDefault(parameter => parameter.is_floating_point())?.dtype ?? ScalarType.Float32;

    private static nn.Module FinalModule(nn.Module module)
        => module is Sequential && module.children().LastOrDefault() is { } last ? FinalModule(last) : module;
}
