using Iba.Torch;
using static TorchSharp.torch;

namespace Iba.Onnx.Tests;

/// <summary>What a method computes for each feature, before the channels become one value: references have all of them.</summary>
internal sealed class PerFeature(Func<AttributionPass, Tensor> compute) : AttributionMethod
{
    private Tensor? _found;

    public override string Name => "per feature";

    public override MapUnit Unit => MapUnit.Relative;

    public override bool CutsAtInput => true;

    /// <summary>The values of all rows, in the dispose scope around the call.</summary>
    public static Tensor Of(SplitNetwork split, Tensor inputs, Func<AttributionPass, Tensor> compute)
    {
        using var method = new PerFeature(compute);
        method.Explain(split, [inputs]).Dispose();
        return method._found!.alias();
    }

    protected override Iba.Torch.Attribution Explain(AttributionPass pass)
    {
        _found = compute(pass).clone().DetachFromDisposeScope();
        return new Iba.Torch.Attribution(pass, _found.sum(1));
    }

    protected override void Dispose(bool disposing)
    {
        _found?.Dispose();
        base.Dispose(disposing);
    }
}
