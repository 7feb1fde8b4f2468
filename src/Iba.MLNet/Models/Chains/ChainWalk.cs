using Microsoft.ML;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Iba.MLNet;

/// <summary>
/// Goes through the steps of a fitted chain, and keeps for each column what it stands for. Only what is affine between networks and classifiers is
/// followed; what reads anything else is refused by name, and never left out in silence.
/// </summary>
internal sealed class ChainWalk
{
    private const string Followed =
        "Between networks and classifiers steps may copy, join, select, and scale columns (NormalizeMinMax, NormalizeMeanVariance, NormalizeRobustScaling)";

    private readonly Dictionary<string, ChainTensor> _columns = [];
    private readonly HashSet<ChainTensor> _read = new(ReferenceEqualityComparer.Instance);
    private readonly List<NetworkPart> _networks = [];
    private readonly List<LinearStep> _classifiers = [];
    private readonly List<NotSupportedException> _refusals = [];
    private string? _unknown;

    /// <param name="steps">The steps in order.</param>
    /// <exception cref="NotSupportedException">Another version of ML.NET wrote a network.</exception>
    /// <exception cref="FileNotFoundException">A network's file is not there any more.</exception>
    public ChainWalk(IEnumerable<ITransformer> steps)
    {
        foreach (var step in steps) Take(step);
    }

    /// <summary>The networks.</summary>
    public IReadOnlyList<NetworkPart> Networks => _networks;

    /// <summary>Linear classifiers whose scores nothing behind them reads.</summary>
    public IEnumerable<LinearStep> Classifiers => _classifiers.Where(classifier => !IsRead(classifier.Scores));

    /// <summary>Why steps that read what networks make cannot be followed, in their order; none where all can.</summary>
    public IReadOnlyList<NotSupportedException> Refusals => _refusals;

    /// <summary>Whether a network or a classifier reads a tensor, or what is made of it.</summary>
    public bool IsRead(ChainTensor tensor) => _read.Contains(tensor);

    /// <summary>A column that holds a tensor at the chain's end; null: there is none.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="preferred">The name to take where several hold it.</param>
    public string? ColumnOf(ChainTensor tensor, string preferred) => _columns.GetValueOrDefault(preferred) == tensor ? preferred
        : _columns.Where(column => column.Value == tensor).Select(column => column.Key).Order(StringComparer.Ordinal).FirstOrDefault();

    private void Take(ITransformer step)
    {
        switch (step)
        {
            case ColumnCopyingTransformer copying:
                Write(copying.ColumnPairs.Select(pair => (pair.outputColumnName, Look(pair.inputColumnName))));
                break;
            case ColumnSelectingTransformer selecting:
                Select(selecting.SelectColumns.ToHashSet(), selecting.KeepColumns);
                break;
            case ColumnConcatenatingTransformer concatenating:
                Write(concatenating.Columns.Select(column => (column.outputColumnName, Join(column.outputColumnName, column.inputColumnNames))));
                break;
            case NormalizingTransformer normalizing:
                Write(normalizing.Columns.Select(column => Follow(step, column.Name, column.InputColumnName, source => AffineSteps.Scale(source, column.ModelParameters))));
                break;
            case SlotsDroppingTransformer dropping:
                Write(dropping.ColumnPairs.Select((pair, i) => Follow(
                    step, pair.outputColumnName, pair.inputColumnName, source => AffineSteps.Drop(source, dropping.SlotsMin[i], dropping.SlotsMax[i]))));
                break;
            case TypeConvertingTransformer converting:
                Write(converting.Columns.Select(column => Follow(step, column.Name, column.InputColumnName, source => AffineSteps.Convert(source, column.OutputKind))));
                break;
            case not null when OnnxStep.Is(step):
                TakeNetwork(OnnxStep.Read(step));
                break;
            case ISingleFeaturePredictionTransformer<ICalibrator> calibrator:
                Write([Follow(step, DefaultColumnNames.Probability, calibrator.FeatureColumnName, _ => null)]);
                break;
            case IPredictionTransformer<object> predictor:
                TakePredictor(predictor);
                break;
            case IClassifierHolder explainer:
                Write(explainer.AddedColumns.Select(column => (column, (ChainTensor)new OpaqueTensor("explains a classifier", Made()))));
                break;
            case OneToOneTransformerBase other:
                Write(other.ColumnPairs.Select(pair => Follow(step, pair.outputColumnName, pair.inputColumnName, _ => null)));
                break;
            default:
                TakeUnknown(step!);
                break;
        }
    }

    private void TakeNetwork(OnnxStep step)
    {
        var sources = step.Inputs.Select(Look).ToArray();
        int blocked = Array.FindIndex(sources, source => source is OpaqueTensor);
        if (blocked >= 0)
        {
            string reason = ((OpaqueTensor)sources[blocked]).Reason;
            Refuse(sources, step.Outputs, reason, $"The network of ApplyOnnxModel with the outputs {Quote(step.Outputs)} cannot be explained: it reads column " +
                $"'{step.Inputs[blocked]}', which {reason}. {Followed}.");
            return;
        }

        foreach (var source in sources) Read(source);
        var network = new NetworkPart(step, sources);
        _networks.Add(network);
        Write(network.Outputs.Select(output => (output.Output, (ChainTensor)output)));
    }

    private void TakePredictor(IPredictionTransformer<object> step)
    {
        string? column = (step as ISingleFeaturePredictionTransformer<object>)?.FeatureColumnName;
        var features = column != null ? [Look(column)] : Made();
        if (features.All(source => source is ColumnTensor))
        {
            Write(ScoreColumns.Usual.All.Select(name => (name, (ChainTensor)new ColumnTensor(name))));
            return;
        }

        string name = $"The predictor '{LinearClassifier.NameOf(step.Model)}' cannot be explained: it reads column '{column ?? "Features"}', which ";
        if (features is [OpaqueTensor opaque])
        {
            Refuse(features, ScoreColumns.Usual.All, opaque.Reason, $"{name}{opaque.Reason}. {Followed}: leave the step out, or use one of these.");
            return;
        }

        LinearClassifier? classifier = null;
        string? reason = null;
        try
        {
            classifier = LinearClassifier.Of(step);
        }
        catch (NotSupportedException refusal)
        {
            reason = refusal.Message;
        }

        if (classifier == null)
        {
            Refuse(features, ScoreColumns.Usual.All, "a predictor makes that cannot be explained", reason ??
                $"{name}a network makes, and it is no linear classifier: nothing leads back from its scores to the network, as explanations need it. Train a linear " +
                "classifier on the same column (LbfgsMaximumEntropy, SdcaMaximumEntropy, LbfgsLogisticRegression, OneVersusAll of linear ones), and explain that one.");
            return;
        }

        Read(features[0]);
        var scores = new OpaqueTensor($"the classifier '{classifier.Name}' scored", features[0]);
        var others = classifier.Columns.All.ToDictionary(added => added, _ => new OpaqueTensor(scores.Reason, scores));
        Write(others.Select(added => (added.Key, (ChainTensor)(added.Key == classifier.Columns.Score ? scores : added.Value))));
        _classifiers.Add(new LinearStep(classifier, column!, features[0], scores, others.GetValueOrDefault(classifier.Columns.PredictedLabel ?? "") ?? scores));
    }

    /// <summary>Remembers why a step is not followed: what it reads is no end of the chain, and what it writes is not known.</summary>
    private void Refuse(IReadOnlyList<ChainTensor> sources, IEnumerable<string> columns, string reason, string message)
    {
        _refusals.Add(new NotSupportedException(message));
        foreach (var source in sources) Read(source);
        Write(columns.Select(column => (column, (ChainTensor)new OpaqueTensor(reason, sources))));
    }

    /// <summary>A step that does not tell which columns it reads, and perhaps not which it writes.</summary>
    private void TakeUnknown(ITransformer step)
    {
        string name = step.GetType().Name.Split('`')[0];
        var made = Made();
        if (step.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(CustomMappingTransformer<,>))
        {
            string reason = $"{name} makes, perhaps out of a network's outputs";
            Write(SchemaDefinition.Create(type.GetGenericArguments()[1], SchemaDefinition.Direction.Write)
                .Select(column => (column.ColumnName, made.Length > 0 ? (ChainTensor)new OpaqueTensor(reason, made) : new ColumnTensor(column.ColumnName))));
            return;
        }

        string[] columns = _columns.Keys.ToArray();
        _columns.Clear();
        if (made.Length == 0) return;
        _unknown = $"{name} may have written, a step that does not tell its columns (set it behind the explanation)";
        Write(columns.Select(column => (column, (ChainTensor)new OpaqueTensor(_unknown, made))));
    }

    private void Select(HashSet<string> names, bool keep)
    {
        foreach (string column in _columns.Keys.Where(column => names.Contains(column) != keep).ToArray()) _columns.Remove(column);
    }

    private ChainTensor Join(string name, string[] columns)
    {
        var sources = columns.Select(Look).ToArray();
        if (sources.All(source => source is ColumnTensor)) return new ColumnTensor(name);
        if (sources.OfType<OpaqueTensor>().FirstOrDefault() is { } opaque) return new OpaqueTensor(opaque.Reason, sources);
        int alien = Array.FindIndex(sources, source => source is ColumnTensor);
        if (alien >= 0) return new OpaqueTensor($"joins column '{columns[alien]}', which no network makes, with a network's outputs", sources);
        return sources is [var only] ? only : new JoinedTensor(sources);
    }

    /// <summary>The column that a step makes out of one other.</summary>
    /// <param name="step">The step.</param>
    /// <param name="name">The column.</param>
    /// <param name="input">The other.</param>
    /// <param name="affine">What it is where a network makes the other; null: not affine.</param>
    private (string Name, ChainTensor Tensor) Follow(ITransformer step, string name, string input, Func<ChainTensor, ChainTensor?> affine) => (name, Look(input) switch
    {
        ColumnTensor => new ColumnTensor(name),
        OpaqueTensor opaque => new OpaqueTensor(opaque.Reason, opaque),
        var source => affine(source) ?? new OpaqueTensor($"{step.GetType().Name.Split('`')[0]} makes out of a network's outputs{(source.Width == null ? ", whose number no file says" : "")}", source),
    });

    private ChainTensor Look(string column)
    {
        if (_columns.TryGetValue(column, out var tensor)) return tensor;
        return _columns[column] = _unknown != null ? new OpaqueTensor(_unknown, Made()) : new ColumnTensor(column);
    }

    /// <summary>Writes columns at once: a step reads all that it reads before.</summary>
    private void Write(IEnumerable<(string Name, ChainTensor Tensor)> columns)
    {
        foreach (var (name, tensor) in columns.ToArray()) _columns[name] = tensor;
    }

    private void Read(ChainTensor tensor)
    {
        if (!_read.Add(tensor)) return;
        foreach (var source in tensor.Sources) Read(source);
    }

    /// <summary>What the columns hold of what networks make.</summary>
    private ChainTensor[] Made() => _columns.Values.Where(tensor => tensor is not ColumnTensor).Distinct().ToArray();

    private static string Quote(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
