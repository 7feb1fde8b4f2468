using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>A method given as a function from a pass to a map.</summary>
internal sealed class FunctionMethod(Func<AttributionPass, Tensor> function, MapUnit unit = MapUnit.Relative) : AttributionMethod
{
    public override string Name => "function";

    public override MapUnit Unit => unit;

    public override bool IsSigned => true;

    protected override Attribution Explain(AttributionPass pass) => new(pass, function(pass));

    /// <summary>The gradient itself, where the features have no channels.</summary>
    public static FunctionMethod SignedGradient => new(pass => pass.Gradient(pass.Features.unsqueeze(1)).squeeze(1));
}
