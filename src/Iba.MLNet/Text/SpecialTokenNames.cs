using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>How a user names the tokens around each text. Null: the usual one, where the vocabulary has it; empty: none.</summary>
/// <param name="Begin">The one before it.</param>
/// <param name="End">The one behind it.</param>
/// <param name="Padding">The one that shorter rows are padded with.</param>
internal readonly record struct SpecialTokenNames(string? Begin, string? End, string? Padding)
{
    public static SpecialTokenNames Load(ModelLoadContext ctx) => new(ctx.LoadStringOrNull(), ctx.LoadStringOrNull(), ctx.LoadStringOrNull());

    // *** Binary format ***
    // string or null: begin, end, padding
    public void Save(ModelSaveContext ctx)
    {
        ctx.SaveStringOrNull(Begin);
        ctx.SaveStringOrNull(End);
        ctx.SaveStringOrNull(Padding);
    }
}
