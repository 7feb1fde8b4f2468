using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>Adam (Kingma and Ba 2015) for one tensor, element by element, as PyTorch computes it: beta .9/.999, epsilon 1e-8.</summary>
/// <remarks>TorchSharp's optimisers want parameters, which leak native tensors; this one updates a plain tensor in place.</remarks>
internal sealed class Adam : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    private static readonly Scalar KeepFirst = Beta1, TakeFirst = 1 - Beta1, KeepSecond = Beta2, TakeSecond = 1 - Beta2, Small = Epsilon;

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
        Scalar deviation = Math.Sqrt(correction2), rate = -_learningRate / correction1;
        _firstMoment.mul_(KeepFirst).add_(gradient, TakeFirst);
        _secondMoment.mul_(KeepSecond).addcmul_(gradient, gradient, TakeSecond);
        var denominator = _secondMoment.sqrt().div_(deviation).add_(Small);
        parameter.addcdiv_(_firstMoment, denominator, rate);
        GC.KeepAlive((deviation, rate)); // See LostScalar: an update in place cannot be repeated.
    }

    /// <summary>Writes the moments and the number of steps.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_step);
        StatisticsStream.Write(writer, _firstMoment);
        StatisticsStream.Write(writer, _secondMoment);
    }

    /// <summary>Takes over what <see cref="Save"/> wrote of a parameter of the same shape, float32.</summary>
    /// <exception cref="InvalidDataException">The bytes are cut off, or a moment is no possible one.</exception>
    public void Restore(BinaryReader reader)
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        _step = reader.ReadInt32();
        _firstMoment.copy_(StatisticsStream.Read(reader, ScalarType.Float32, _firstMoment.shape));
        _secondMoment.copy_(StatisticsStream.Read(reader, ScalarType.Float32, _secondMoment.shape));
        bool isPossible = _step >= 0 && _firstMoment.isfinite().all().item<bool>() && _secondMoment.isfinite().logical_and(_secondMoment.ge(0)).all().item<bool>();
        if (!isPossible) throw new InvalidDataException("The state of an optimiser is damaged.");
    }

    public void Dispose()
    {
        _firstMoment.Dispose();
        _secondMoment.Dispose();
    }
}
