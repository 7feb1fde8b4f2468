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
public sealed class ModuleNetwork : Network
{
    /// <summary>Sizes that are tried where the declared shape leaves dimensions open.</summary>
    private static readonly long[] TrialSizes = [224, 256];

    private readonly nn.Module<Tensor, Tensor> _module;
    private readonly ModuleState _state;
    private readonly NetworkInput _input;
    private readonly OutputKind _declaredOutput;
    private readonly Softmax? _finalSoftmax;
    private readonly Type? _factory;
    private readonly bool _ownsModule;
    private readonly Device _originalDevice;
    private IReadOnlyList<ModuleLayer>? _layers;
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
        _state = new ModuleState(module);
        _state.Freeze();
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
    public override IReadOnlyList<LayerInfo> DescribeLayers(params IReadOnlyList<long>[] inputShapes)
    {
        ArgumentNullException.ThrowIfNull(inputShapes);
        if (inputShapes.Length != 1) throw new ArgumentException($"The network has one input, but got {inputShapes.Length} shapes.", nameof(inputShapes));
        NetworkInputs.CheckShape(_input, inputShapes[0], nameof(inputShapes));
        return Probe(inputShapes[0]).Select(layer => layer.Info).ToArray();
    }

    /// <inheritdoc/>
    public override Tensor Forward(IReadOnlyList<Tensor> inputs)
    {
        using var noGradient = no_grad();
        return ForwardWithGradient(inputs);
    }

    /// <inheritdoc/>
    public override SplitNetwork Split(string layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ObjectDisposedException.ThrowIf(_disposed, this);
        _layers ??= KnownLayers();
        if (_layers.FirstOrDefault(known => known.Info.Name == layer) is { } found) return new SplitModule(this, found);

        var named = _module.named_modules().FirstOrDefault(named => named.name == layer).module;
        // The same module under another path.
        if (_layers.Where(known => ReferenceEquals(known.Module, named)).ToArray() is [var alias]) return new SplitModule(this, alias);
        throw new ArgumentException(Objection(layer, named), nameof(layer));
    }

    /// <inheritdoc/>
    public override SplitNetwork SplitAtInput(string? input = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new SplitInput(this, NetworkInputs.Explained(Inputs, input, nameof(input)), ForwardWithGradient, ResultBytes);
    }

    /// <inheritdoc/>
    public override void MoveTo(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        ObjectDisposedException.ThrowIf(_disposed, this);
        _module.to(device);
        _state.Freeze();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">There is no factory, or it builds another module.</exception>
    public override void Save(Stream stream)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
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

    /// <summary>The input, checked and on the network's device; the module in evaluation mode, whatever happened to it since.</summary>
    internal Tensor Prepare(IReadOnlyList<Tensor> inputs)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_module.training || _module.modules().Any(module => module.training)) _state.Freeze();
        return NetworkInputs.Single(_input, inputs).to(Device);
    }

    /// <summary>Runs the module; a final softmax that was found is left out.</summary>
    internal Tensor Call(Tensor input)
    {
        if (_finalSoftmax is null) return _module.call(input);
        var hook = _finalSoftmax.register_forward_hook((_, logits, _) => logits.alias());
        try
        {
            return _module.call(input);
        }
        finally
        {
            hook.remove();
        }
    }

    /// <summary>The bytes of the results of all modules while something runs, from when <paramref name="counts"/> first says so.</summary>
    internal long ResultBytes(Func<bool> counts, Action run)
    {
        long bytes = 0;
        Tensor? last = null;
        Watch(
            result =>
            {
                // A container hands on the result of its last module.
                if (counts() && !ReferenceEquals(result, last)) bytes += result.numel() * result.element_size();
                last = result;
            },
            run);
        return bytes;
    }

    private long ResultBytes(IReadOnlyList<Tensor> inputs) => ResultBytes(() => true, () => ForwardWithGradient(inputs));

    /// <summary>Runs something while an observer is told of the result of every module that turns one tensor into one tensor.</summary>
    private void Watch(Action<Tensor> observer, Action run)
    {
        var hooks = new List<Action>();
        try
        {
            foreach (var (_, module) in ModuleProbe.TensorModules(_module))
            {
                hooks.Add(module.register_forward_hook((_, _, result) =>
                {
                    observer(result);
                    return result;
                }).remove);
            }

            run();
        }
        finally
        {
            foreach (var remove in hooks) remove();
        }
    }

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
                $"The module fails on input of shape [{string.Join(", ", input.shape)}]: {NativeError.FirstLine(exception)}", exception);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing || _disposed) return;
        _disposed = true;
        if (_ownsModule)
        {
            _module.Dispose();
            return;
        }

        try
        {
            if (Device.ToString() != _originalDevice.ToString()) _module.to(_originalDevice);
            _state.Restore();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or InvalidOperationException)
        {
            return; // The module was disposed before the network: nothing is left to restore.
        }
    }

    /// <summary>The layers for the declared shape; where that is open, dimensions that follow the input's size are -1.</summary>
    private ModuleLayer[] KnownLayers()
    {
        var runs = _input.Shape.Skip(1).Any(size => size < 0)
            ? TrialSizes.Select(size => Probe([1, .. _input.Shape.Skip(1).Select(declared => declared < 0 ? size : declared)])).ToArray()
            : [Probe([1, .. _input.Shape.Skip(1)])];
        return runs[0].Zip(runs[^1], (one, other) => one with { Info = one.Info with { Shape = Merge(one.Info.Shape, other.Info.Shape) } }).ToArray();

        static long[] Merge(IReadOnlyList<long> one, IReadOnlyList<long> other) => one.Zip(other, (a, b) => a == b ? a : -1).ToArray();
    }

    private IReadOnlyList<ModuleLayer> Probe(IReadOnlyList<long> shape)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _state.Freeze();
        return ModuleProbe.Layers(_module, Call, _input, shape, Device);
    }

    private string Objection(string layer, nn.Module? module)
    {
        if (module is null)
        {
            return $"The module has no layer '{layer}'. The nearest: {string.Join(", ", NearestNames.Of(layer, _layers!.Select(known => known.Info.Name)))}.";
        }

        string[] calls = _layers!.Where(known => ReferenceEquals(known.Module, module)).Select(known => known.Info.Name).ToArray();
        return calls.Length > 1
            ? $"'{layer}' is called {calls.Length} times in one forward pass. Name the call: {string.Join(", ", calls)}."
            : $"'{layer}' is a part of the module, but no place to cut: it is never called, or called by forward instead of call (which bypasses " +
              "hooks), or its output is not one float tensor with the batch first.";
    }

    private static ScalarType ParameterType(nn.Module module)
        => module?.parameters().FirstOrDefault(parameter => parameter.is_floating_point())?.dtype ?? ScalarType.Float32;

    private static nn.Module FinalModule(nn.Module module)
        => module is Sequential && module.children().LastOrDefault() is { } last ? FinalModule(last) : module;
}
