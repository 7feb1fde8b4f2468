using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Adam (Kingma and Ba 2015) for one tensor, element by element, as PyTorch computes it: beta .9/.999, epsilon 1e-8.</summary>
/// <remarks>TorchSharp's optimisers want parameters, which leak native tensors; this one updates a plain tensor in place.</remarks>
internal sealed class Adam : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    private readonly double _learningRate;
    private readonly Tensor _firstMoment;
    private readonly Tensor _secondMoment;
    private int _step;

    public Adam(Tensor parameter, double learningRate)
    {
        _learningRate = learningRate;
        _firstMoment = zeros_like(parameter).DetachFromDisposeScope();
        _secondMoment = zeros_like(parameter).DetachFromDisposeScope();
    }

    /// <summary>One update of <paramref name="parameter"/> in place, against the gradient.</summary>
    public void Step(Tensor parameter, Tensor gradient)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        _step++;
        double correction1 = 1 - Math.Pow(Beta1, _step);
        double correction2 = 1 - Math.Pow(Beta2, _step);
        _firstMoment.mul_(Beta1).add_(gradient, 1 - Beta1);
        _secondMoment.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
        var denominator = _secondMoment.sqrt().div_(Math.Sqrt(correction2)).add_(Epsilon);
        parameter.addcdiv_(_firstMoment, denominator, -_learningRate / correction1);
    }

    public void Dispose()
    {
        _firstMoment.Dispose();
        _secondMoment.Dispose();
    }
}
