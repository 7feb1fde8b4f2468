using System.Collections.Concurrent;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// Finds classifiers in fitted models. What an optional package can read it registers here, in one line; this library knows none of them.
/// </summary>
public static class ModelClassifiers
{
    /// <summary>What this library reads by itself.</summary>
    private static readonly ModelReader[] BuiltIn = [new("explainers of this library", Explainers), new(ChainClassifiers.Kind, ChainClassifiers.Read)];

    private static readonly ConcurrentDictionary<string, ModelReader> Registered = new();

    private static IEnumerable<ModelReader> Readers => BuiltIn.Concat(Registered.Values.OrderBy(reader => reader.Name, StringComparer.Ordinal));

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
        Registered[name] = new(name, read);
    }

    /// <summary>The steps of a model, which may be a chain of chains.</summary>
    internal static IEnumerable<ITransformer> Steps(ITransformer model) => model switch
    {
        IEnumerable<ITransformer> chain => chain.SelectMany(Steps),
        IClassifierHolder { InnerModel: { } inner } => [.. Steps(inner), model],
        _ => [model],
    };

    /// <summary>Checks that what read a saved model is at hand.</summary>
    /// <param name="name">The reader's name, out of the file.</param>
    /// <param name="assembly">The assembly that it came with, out of the file: for the message alone.</param>
    /// <exception cref="NotSupportedException">It is not.</exception>
    internal static void CheckReader(string name, string assembly)
    {
        if (assembly == typeof(ModelClassifiers).Assembly.GetName().Name) return;
        OptionalPackages.EnsureLoaded();
        if (Readers.Any(reader => reader.Name == name)) return;
        throw new NotSupportedException(
            $"The model file holds an explained model of the kind '{name}', which '{assembly}' reads. Known are {string.Join(", ", Readers.Select(reader => reader.Name))}. " +
            (OptionalPackages.Names.Contains(assembly)
                ? $"Reference the package {assembly}."
                : $"Reference it, and call {nameof(ModelClassifiers)}.{nameof(Register)} as it was called where the model was explained."));
    }

    /// <summary>The one classifier in a model.</summary>
    /// <param name="context">For errors.</param>
    /// <param name="model">The model.</param>
    /// <param name="scoreColumnName">The column that the classifier writes its scores to; null: the model has a single one.</param>
    /// <exception cref="ArgumentException">There is none, there are several, or it cannot be explained.</exception>
    internal static FoundClassifier Find(IExceptionContext context, ITransformer model, string? scoreColumnName = null)
    {
        OptionalPackages.EnsureLoaded();
        var steps = Steps(model).ToArray();
        var found = new List<FoundClassifier>();
        NotSupportedException? refusal = null;
        try
        {
            foreach (var reader in Readers)
            {
                try
                {
                    foreach (var classifier in reader.Read(steps)) found.Add(new(classifier, reader));
                }
                catch (NotSupportedException reason)
                {
                    refusal ??= reason;
                }
            }

            var chosen = Choose(context, steps, found, refusal, scoreColumnName);
            found.Remove(chosen);
            return chosen;
        }
        finally
        {
            foreach (var other in found) other.Release();
        }
    }

    private static FoundClassifier Choose(
        IExceptionContext context, ITransformer[] steps, List<FoundClassifier> found, NotSupportedException? refusal, string? scoreColumnName)
    {
        var named = found.Where(candidate => scoreColumnName == null || candidate.Classifier.ScoreColumnName == scoreColumnName).ToArray();
        // Where something in the model cannot be explained, another part of it is explained only by name.
        if (refusal != null && (scoreColumnName == null || named.Length == 0))
            throw context.ExceptUserArg(nameof(AttributionOptions.Model), $"The model cannot be explained: {refusal.Message}");
        if (named is [var only]) return only;
        const string option = nameof(AttributionOptions.ModelScoreColumnName);
        string list = string.Join(", ", found.Select(candidate => $"'{candidate.Classifier.ScoreColumnName}' of {candidate.Classifier.Name}"));
        if (found.Count == 0)
        {
            throw context.ExceptUserArg(
                nameof(AttributionOptions.Model),
                $"No network was found in the model ({string.Join(", ", steps.Select(step => step.GetType().Name))}). {OptionalPackages.Advice(steps)}Known are {string.Join(", ", Readers.Select(reader => reader.Name))}; " +
                $"give the classifier itself as {nameof(AttributionOptions.Network)}, or register what can read the model with {nameof(ModelClassifiers)}.{nameof(Register)}.");
        }

        throw named.Length == 0
            ? context.ExceptUserArg(option, $"{option} is '{scoreColumnName}', but the model's classifiers write their scores to {list}.")
            : context.ExceptUserArg(
                nameof(AttributionOptions.Model),
                $"The model holds several networks, with the score columns {list}: " +
                (scoreColumnName == null ? $"say with {option} which one is explained." : "more than one writes to that column, so none can be chosen by it."));
    }

    private static IEnumerable<ModelClassifier> Explainers(IReadOnlyList<ITransformer> steps)
        => steps.OfType<IClassifierHolder>().Select(step => step.OwnClassifier).OfType<ModelClassifier>().DistinctBy(own => own.Network);
}
