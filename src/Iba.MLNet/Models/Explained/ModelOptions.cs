using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Completes options by what a model's classifier says of its input. What the user set stays.</summary>
internal static class ModelOptions
{
    /// <exception cref="ArgumentException">What the user set contradicts the classifier.</exception>
    public static void Complete(IExceptionContext context, AttributionOptions options, ModelClassifier classifier)
    {
        bool ownInput = options.InputName != null && options.InputName != (classifier.InputName ?? classifier.Network.Inputs[0].Name);
        context.CheckUserArg(
            !ownInput || options.InputColumnName != null,
            nameof(options.InputName),
            $"{nameof(options.InputName)} is '{options.InputName}', but the model's column '{classifier.InputColumnName}' feeds another input: name the column with {nameof(options.InputColumnName)}.");
        options.Network = classifier.Network;
        options.InputName ??= classifier.InputName;
        if (options.InputColumnName == null || options.InputColumnName == classifier.InputColumnName)
        {
            options.InputColumnName = classifier.InputColumnName;
            options.Preprocessing ??= classifier.Preprocessing;
            options.ImageFolder ??= classifier.ImageFolder;
            options.InputShape ??= classifier.InputShape;
        }

        if (classifier.ContextColumns is { } columns)
        {
            options.ContextColumns ??= new Dictionary<string, string>();
            foreach (var (input, column) in columns) options.ContextColumns.TryAdd(input, column);
        }

        options.MaskInputName ??= classifier.MaskInputName;
        if (options.MaskInputName != null) options.PaddingId ??= classifier.PaddingId;
    }
}
