using System.Globalization;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>One fit: the network for as long as it lasts, the rows behind the model where there is one, and what the data decides.</summary>
internal sealed class FitPlan : IDisposable
{
    private const int MostNamed = 5;

    private readonly IHost _host;
    private readonly IReadOnlyList<OutputColumn> _outputs;
    private readonly SharedClassifier? _shared;
    private readonly ModelClassifier? _classifier;
    private readonly NetworkLease _lease;
    private IReadOnlyList<string>? _columnNames;
    private bool _promisesNames;

    /// <param name="host">For errors.</param>
    /// <param name="options">The options, checked, for this fit alone.</param>
    /// <param name="outputs">The columns that are added.</param>
    /// <param name="shared">The model's classifier; null: the options have the network.</param>
    public FitPlan(IHost host, AttributionOptions options, IReadOnlyList<OutputColumn> outputs, SharedClassifier? shared)
    {
        _host = host;
        _outputs = outputs;
        _shared = shared;
        Options = options;
        if (shared == null)
        {
            _lease = NetworkLease.Borrow(options.Network!);
        }
        else
        {
            (var found, _lease) = shared.Rent();
            _classifier = found.Classifier;
            options.Network = _lease.Network;
            Model = new ExplainedModel(host, options.Model!, found, isOwned: false);
        }

        Binder = new InputBinder(host, options);
    }

    /// <summary>The options; the layer, where it was left open, once it is chosen.</summary>
    public AttributionOptions Options { get; }

    /// <summary>Finds the columns.</summary>
    public InputBinder Binder { get; }

    /// <summary>The model that comes before the explainer; null: none.</summary>
    public ExplainedModel? Model { get; }

    /// <summary>The network, for as long as the plan is open.</summary>
    public Network Network => _lease.Network;

    /// <summary>Runs the model where that is needed, checks the columns, and binds them to the network's inputs.</summary>
    /// <returns>The rows to measure, and which columns feed which inputs.</returns>
    public (IDataView Rows, InputLayout Layout) Read(IChannel channel, IDataView input)
    {
        var rows = Model?.Transform(input) ?? input;
        Model?.CheckColumns(rows.Schema, Binder.ColumnNames);
        var shape = SchemaShape.Create(rows.Schema);
        if (_classifier != null)
        {
            _columnNames = _classifier.ClassNames ?? ClassNameColumns.Find(rows.Schema, _classifier);
            _promisesNames = ClassNameColumns.Promise(shape, _classifier);
        }

        Binder.Check(shape, HasClassNames);
        var layout = Binder.Bind(rows.Schema);
        Binder.Tell(channel, layout);
        return (rows, layout);
    }

    /// <summary>Chooses the layer, where it was left open.</summary>
    public void ChooseLayer(IChannel channel, InputLayout layout)
    {
        if (Options.Layer != null) return;
        string reason = "as the model's reader says";
        Options.Layer = _classifier?.Layer ?? LayerRule.Choose(_host, Network, layout, out reason);
        channel.Info("Layer '{0}' is taken, {1}. Set {2} for another one.", Options.Layer, reason, nameof(Options.Layer));
        CheckCut(_host, Options);
    }

    /// <summary>Cuts the network, which may be at work for others; the caller disposes the cut.</summary>
    public SplitNetwork Cut() => Cut(Options);

    /// <summary>Checks that there is such a layer, and that the explained input passes through it.</summary>
    public static void CheckCut(IHost host, AttributionOptions options)
    {
        using var split = Cut(options);
        string input = ExplainedInput(options);
        host.CheckUserArg(
            split.Explains(input),
            nameof(options.Layer),
            $"The features of the explained input '{input}' do not pass through layer '{options.Layer}', or not all of them: choose another layer, " +
            $"or another input with {nameof(options.InputName)}.");
    }

    /// <summary>Moves the network to the device that options or context name. Cuts of other transformers end with a move.</summary>
    public void MoveNetwork()
    {
        if (DeviceChoice.Resolve(_host, Options.Execution) is not { } device) return;
        using var access = Network.Access.Enter();
        if (Network.Device.ToString() != device.ToString()) Network.MoveTo(device);
    }

    /// <summary>Checks what the values of the label column stand for, once the number of classes is known.</summary>
    public void CheckLabels(IChannel channel, DataViewSchema schema, int classCount)
    {
        var names = ClassNames(classCount);
        foreach (string label in Options.AskedTarget.Columns.Where(column => column.IsClass).Select(column => column.Name).Prepend(Options.LabelColumnName).OfType<string>())
        {
            SchemaShape.Create(schema).TryFindColumn(label, out var column);
            LabelColumn.Check(_host, column, names);
            LabelColumn.CheckValues(_host, channel, schema[label], new LabelClasses(names, classCount));
        }
    }

    /// <summary>Where the rows' classes are read from; null: nowhere.</summary>
    public FitLabels? Labels(int classCount)
        => Options.LabelColumnName is { } label ? new FitLabels(label, classCount, ClassNames(classCount)) : null;

    /// <summary>Says which classes there are, and where their names are from.</summary>
    public void LogClasses(IChannel channel, int classCount)
    {
        if (Options.ClassNames != null) return;
        foreach (var (names, place) in NameSources())
        {
            if (names.Count == classCount)
            {
                channel.Info(
                    "The names of the {0} classes are those in {1}: {2}.", classCount, place, string.Join(", ", names.Take(MostNamed)) + (classCount > MostNamed ? ", ..." : ""));
                return;
            }

            channel.Warning(
                "{0} has {1} class names, but the network has {2} classes: the names are not used, classes go by their numbers. Set {3}.",
                char.ToUpperInvariant(place[0]) + place[1..], names.Count, classCount, nameof(Options.ClassNames));
        }
    }

    /// <summary>The settings of the transformer.</summary>
    public RowSettings ToSettings(LayerFacts facts)
    {
        // What was measured by another estimator need not be pictures.
        DegradationCheck.Run(_host, Options, facts.Input);
        return new RowSettings
        {
            Outputs = _outputs,
            Input = facts.Input,
            Layer = Options.Layer,
            LabelColumnName = Options.LabelColumnName,
            RowIdColumnName = Options.RowIdColumnName,
            Target = Options.AskedTarget,
            Output = facts.Output,
            BadRows = Options.BadRows,
            MapSize = Options.MapSize,
            BatchSize = Options.BatchSize,
            ClassCount = facts.ClassCount,
            FeatureShape = facts.FeatureShape,
            ChannelDimension = facts.ChannelDimension,
            ClassNames = ClassNames(facts.ClassCount) ?? (HasClassNames ? Numbers(facts.ClassCount) : null),
        };
    }

    /// <summary>The network for the fitted transformer.</summary>
    public NetworkLease LendNetwork() => _shared?.Rent().Network ?? NetworkLease.Borrow(Network);

    /// <summary>Hands on the model, and what is about the machine.</summary>
    public T Configure<T>(T transformer)
        where T : AttributionTransformerBase
    {
        transformer.Model = Model;
        transformer.Fit = FitRecord.Of(Options);
        transformer.Progress = Options.Progress;
        transformer.RowsPerPass = Options.RowsPerPass;
        transformer.PassesAtOnce = Options.PassesAtOnce;
        transformer.MemoryBudget = Options.MemoryBudget;
        transformer.Threads = Options.Execution.Threads;
        transformer.AllowTensorFloat32 = Options.AllowTensorFloat32;
        return transformer;
    }

    /// <summary>Ends the fit.</summary>
    public void Dispose() => _lease.Dispose();

    /// <summary>Whether score columns get slot names.</summary>
    private bool HasClassNames => Options.ClassNames != null || _promisesNames || NameSources().Any();

    private static SplitNetwork Cut(AttributionOptions options)
    {
        using var access = options.Network!.Access.Enter();
        return options.Layer == null ? options.Network.SplitAtInput(ExplainedInput(options)) : options.Network.Split(options.Layer);
    }

    private static string ExplainedInput(AttributionOptions options) => options.InputName ?? options.Network!.Inputs[0].Name;

    /// <summary>The names of the classes: those of the options or, if there are as many as classes, those of the model or the network's file; null: none.</summary>
    private IReadOnlyList<string>? ClassNames(int classCount)
        => Options.ClassNames ?? NameSources().Select(source => source.Names).FirstOrDefault(names => names.Count == classCount);

    private IEnumerable<(IReadOnlyList<string> Names, string Place)> NameSources()
    {
        if ((_columnNames ?? _classifier?.ClassNames) is { } ofModel) yield return (ofModel, "the model");
        if (NetworkDescription.ClassNames(Network) is { } ofFile) yield return (ofFile, "the network's file");
    }

    // The slots of scores were promised names.
    private static string[] Numbers(int classCount)
        => Enumerable.Range(0, classCount).Select(index => index.ToString(CultureInfo.InvariantCulture)).ToArray();
}
