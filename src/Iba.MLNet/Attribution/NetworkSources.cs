using System.Collections.Concurrent;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// Finds networks in fitted models of other components. What an optional package can read it registers here, in one line; this library knows
/// none of them.
/// </summary>
public static class NetworkSources
{
    private static readonly ConcurrentDictionary<string, Func<ITransformer, Network?>> Sources = new();

    /// <summary>Adds a kind of transformer in which a network can be found.</summary>
    /// <param name="name">What the kind is called, for error messages; registering a name again replaces it.</param>
    /// <param name="find">
    /// The classifier's network in a single transformer, for as long as that lives; null: it is not of this kind. Called anew for each estimator.
    /// </param>
    public static void Register(string name, Func<ITransformer, Network?> find)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(find);
        Sources[name] = find;
    }

    /// <summary>The one network in a model, which may be a chain.</summary>
    /// <exception cref="ArgumentException">There is none, or there are several.</exception>
    internal static Network Find(IExceptionContext context, ITransformer model)
    {
        var found = Steps(model)
            .Select(step => (Step: step, Network: step is AttributionTransformerBase own ? own.Network : Sources.Values.Select(find => find(step)).FirstOrDefault(network => network != null)))
            .Where(step => step.Network != null)
            .ToArray();
        string steps = string.Join(", ", Steps(model).Select(step => step.GetType().Name));
        return found.DistinctBy(step => step.Network).ToArray() switch
        {
            [var only] => only.Network!,
            [] => throw context.ExceptUserArg(
                nameof(AttributionOptions.Model),
                $"No network was found in the model ({steps}). Known are explainers of this library" +
                string.Concat(Sources.Keys.Order(StringComparer.Ordinal).Select(name => $", {name}")) +
                $"; give the classifier itself as {nameof(AttributionOptions.Network)}, or register what can read the model with {nameof(NetworkSources)}.{nameof(Register)}."),
            var several => throw context.ExceptUserArg(
                nameof(AttributionOptions.Model),
                $"The model holds several networks (in {string.Join(", ", several.Select(step => step.Step.GetType().Name))}): give the one that is meant as " +
                $"{nameof(AttributionOptions.Network)}, or the step that holds it as {nameof(AttributionOptions.Model)}."),
        };
    }

    private static IEnumerable<ITransformer> Steps(ITransformer model)
        => model is IEnumerable<ITransformer> chain ? chain.SelectMany(Steps) : [model];
}
