using System.Runtime.CompilerServices;
using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.Hosting;

/// <summary>Finds the explainer in a fitted or loaded pipeline.</summary>
internal static class FittedPipeline
{
    /// <summary>The face of a pipeline.</summary>
    /// <param name="context">Makes views.</param>
    /// <param name="log">Told what is done otherwise than in the pipeline.</param>
    /// <param name="model">The pipeline.</param>
    /// <param name="inputs">The columns that it was fitted on; null: not known.</param>
    /// <param name="ownsModel">Whether it is disposed with its face.</param>
    /// <exception cref="InvalidOperationException">It holds no explainer, or several.</exception>
    public static IbaExplainer Face(MLContext context, ContextLog log, ITransformer model, DataViewSchema? inputs, bool ownsModel)
    {
        ITransformer[] parts = [.. Parts(model)];
        int[] explainers = [.. Enumerable.Range(0, parts.Length).Where(i => parts[i] is IbaTransformer)];
        if (explainers.Length != 1)
        {
            if (ownsModel) Dispose(parts);
            throw new InvalidOperationException(
                $"The pipeline holds {(explainers.Length == 0 ? "no" : $"{explainers.Length}")} {nameof(IbaTransformer)} (its parts: {string.Join(", ", parts.Select(part => part.GetType().Name))}); " +
                $"{nameof(IbaExplainer)} needs one.");
        }

        var transformer = (IbaTransformer)parts[explainers[0]];
        bool ownsTransformer = false;
        // A single image has no column of labels beside it.
        if (transformer.Settings.Target == ExplanationTarget.Label)
        {
            log.Say($"The pipeline explains the class in column '{transformer.Settings.LabelColumnName}'; single rows are explained for the predicted class, or the one that {nameof(IbaExplainer.With)} names.");
            (transformer, ownsTransformer) = (transformer.With(target: ExplanationTarget.PredictedClass), true);
        }

        return new IbaExplainer(context, log, parts[..explainers[0]], transformer, ownsTransformer, inputs, new SharedOwnership(ownsModel ? () => Dispose(parts) : null));
    }

    /// <summary>Loads a zip; what went wrong stands in the outermost message, where ML.NET says "Error during class instantiation".</summary>
    /// <exception cref="InvalidOperationException">It cannot be loaded.</exception>
    public static ITransformer Load(MLContext context, string path, out DataViewSchema inputs)
    {
        // A notebook finds the transformer's assembly by nothing else.
        RuntimeHelpers.RunModuleConstructor(typeof(IbaTransformer).Module.ModuleHandle);
        try
        {
            return context.Model.Load(path, out inputs);
        }
        catch (Exception failure) when (failure is InvalidOperationException or FormatException or InvalidDataException or NotSupportedException or System.Reflection.TargetInvocationException)
        {
            throw new InvalidOperationException($"'{path}' cannot be loaded: {failure.GetBaseException().Message}", failure);
        }
    }

    private static IEnumerable<ITransformer> Parts(ITransformer model) => model is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [model];

    private static void Dispose(ITransformer[] parts)
    {
        foreach (var part in parts) (part as IDisposable)?.Dispose();
    }
}
