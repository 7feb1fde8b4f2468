using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// Finds classifiers in fitted models. What an optional package can read it registers here, in one line; this library knows none of them.
/// </summary>
public static class ModelClassifiers
{
    private static readonly ConcurrentDictionary<string, Func<IReadOnlyList<ITransformer>, IEnumerable<ModelClassifier>>> Readers = new();

    /// <summary>Adds what can read a kind of model.</summary>
    /// <param name="name">What the kind is called, for error messages; registering a name again replaces it.</param>
    /// <param name="read">
    /// The classifiers in a model, given as its steps in order (chains within chains are taken apart); none: there is none of this kind. It throws
    /// <see cref="NotSupportedException"/> with the reason and a way out where the kind is known, but this model of it cannot be explained.
    /// Called anew for each estimator, and again where a saved model is loaded: the same model must give the same classifiers in the same order.
    /// </param>
    public static void Register(string name, Func<IReadOnlyList<ITransformer>, IEnumerable<ModelClassifier>> read)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(read);
        Readers[name] = read;
    }

    /// <summary>The steps of a model, which may be a chain of chains.</summary>
    internal static IEnumerable<ITransformer> Steps(ITransformer model)
        => model is IEnumerable<ITransformer> chain ? chain.SelectMany(Steps) : [model];

    /// <summary>The one classifier in a model.</summary>
    /// <exception cref="ArgumentException">There is none, or there are several.</exception>
    internal static ModelClassifier Find(IExceptionContext context, ITransformer model)
    {
        var steps = Steps(model).ToArray();
        OptionalPackage.LoadFor(context, steps);
        var found = Own(steps).Concat(Readers.OrderBy(reader => reader.Key, StringComparer.Ordinal).SelectMany(reader => reader.Value(steps))).ToArray();
        return found switch
        {
            [var only] => only,
            [] => throw context.ExceptUserArg(
                nameof(AttributionOptions.Model),
                $"No network was found in the model ({string.Join(", ", steps.Select(step => step.GetType().Name))}). Known are explainers of this library" +
                string.Concat(Readers.Keys.Order(StringComparer.Ordinal).Select(name => $", {name}")) +
                $"; give the classifier itself as {nameof(AttributionOptions.Network)}, or register what can read the model with {nameof(ModelClassifiers)}.{nameof(Register)}."),
            var several => throw context.ExceptUserArg(
                nameof(AttributionOptions.Model),
                $"The model holds several networks ({string.Join(", ", several.Select(classifier => $"{classifier.Name}: column '{classifier.ScoreColumnName}'"))})."),
        };
    }

    private static IEnumerable<ModelClassifier> Own(IReadOnlyList<ITransformer> steps)
        => steps.OfType<AttributionTransformerBase>().DistinctBy(own => own.Network).Select(own => new ModelClassifier
        {
            Name = nameof(IbaTransformer),
            Network = own.Network,
            OwnsNetwork = false,
            InputColumnName = own.Settings.Input.ExplainedColumn.ColumnName!,
            ScoreColumnName = own.Settings.Outputs[0].Name,
        });
}
