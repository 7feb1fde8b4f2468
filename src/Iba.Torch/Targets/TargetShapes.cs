namespace Iba.Torch;

/// <summary>Which targets outputs of a shape can be asked for.</summary>
internal static class TargetShapes
{
    private static readonly (string Name, ExplanationTarget Target)[] Examples =
    [
        (nameof(ExplanationTarget.PredictedClass), ExplanationTarget.PredictedClass),
        (nameof(ExplanationTarget.Value), ExplanationTarget.Value()),
        (nameof(ExplanationTarget.Embedding), ExplanationTarget.Embedding),
        (nameof(ExplanationTarget.Region), ExplanationTarget.Region(0)),
        .. Enum.GetValues<BoxLayout>().Select(layout => ($"{nameof(ExplanationTarget.Box)}({nameof(BoxLayout)}.{layout})", ExplanationTarget.Box(layout))),
    ];

    /// <summary>Whether a row has one value for each class: at most one dimension is not 1.</summary>
    public static bool IsVector(IReadOnlyList<long> row) => !row.Contains(0) && row.Count(size => size != 1) <= 1;

    /// <summary>The objection of targets of classes.</summary>
    public static string? NoClasses(IReadOnlyList<long> row)
        => IsVector(row) ? null : "it is about class scores, [N, classes] (further dimensions must be 1)";

    /// <summary>A sentence that names the targets that fit, with a space before it; empty where none does.</summary>
    /// <param name="outputs">The shape of the outputs, rows first.</param>
    public static string Advice(IReadOnlyList<long> outputs)
    {
        long[] row = [.. outputs.Skip(1)];
        string[] fitting = [.. Examples.Where(example => example.Target.Objection(row) == null).Select(example => example.Name)];
        return fitting.Length == 0 ? "" : $" Targets that fit outputs {Shapes.Format(outputs)}: {string.Join(", ", fitting)}, or one of your own ({nameof(ExplanationTarget.Custom)}).";
    }

    /// <summary>Checks that outputs can be asked a target's question.</summary>
    /// <exception cref="InvalidOperationException">They cannot; the message names the targets that can.</exception>
    public static void Check(ExplanationTarget target, TorchSharp.torch.Tensor outputs)
    {
        long[] shape = [outputs.shape[0], .. outputs.shape[2..]];
        if (target.Objection(shape[1..]) is not { } objection) return;
        throw new InvalidOperationException($"Target '{target}' does not fit outputs {Shapes.Format(shape)}: {objection}.{Advice(shape)}");
    }
}
