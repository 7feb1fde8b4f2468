using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// A target's question about the rows of a pass. Versions of the rows are read: a few numbers for each, of which the loss is made, and what is reported. Tensors belong
/// to the dispose scope around the calls.
/// </summary>
/// <param name="tail">The tail.</param>
/// <param name="activation">What the head computed for the rows.</param>
internal abstract class TargetQuestion(TailClassifier tail, Activation activation)
{
    private Tensor? _exists, _targets;

    /// <summary>What is read of the rows as they are, <c>[N, M]</c>.</summary>
    public abstract Tensor Clean { get; }

    /// <summary>The part of it that is logarithms of probabilities, <c>[N, C]</c>.</summary>
    public virtual Tensor Logarithms => Clean;

    /// <summary>What was asked for in each row, int64 <c>[N]</c>: an index into what is reported; -1 or too large where there is no such thing.</summary>
    public abstract Tensor Asked { get; }

    /// <summary>Whether there is what was asked for, bool <c>[N]</c>.</summary>
    public virtual Tensor Exists => _exists ??= Asked.ge(0).logical_and(Asked.lt(Width));

    /// <summary>The same as <see cref="Asked"/>, 0 where it does not exist.</summary>
    public Tensor Targets => _targets ??= Asked.where(Exists, zeros_like(Asked));

    /// <summary>How many numbers are reported, C.</summary>
    public virtual long Width => Clean.shape[1];

    /// <summary>Whether what is read of a class is the logarithm of its probability.</summary>
    public virtual bool IsLogarithmic => true;

    /// <summary>What the network's outputs are.</summary>
    public virtual OutputKind Kind => Tail.Output;

    /// <summary>The box of each row, <c>[N, 4]</c>: left, top, right, bottom; <c>[N, 0]</c> for other targets.</summary>
    public virtual Tensor Boxes => zeros([Clean.shape[0], 0], dtype: Clean.dtype, device: Clean.device);

    /// <summary>The tail.</summary>
    public TailClassifier Tail { get; } = tail;

    /// <summary>What the head computed for the rows.</summary>
    protected Activation Activation { get; } = activation;

    /// <summary>Reads K versions of each row's features, <c>[N, K, M]</c>, in the caller's gradient mode.</summary>
    /// <param name="features"><c>[N, K, ...]</c>.</param>
    /// <param name="mode">How the tail is run.</param>
    public abstract Tensor Read(Tensor features, TailMode mode);

    /// <summary>The loss of what was read, <c>[N, K]</c>, in nats.</summary>
    /// <param name="reading"><c>[N, K, M]</c>.</param>
    /// <param name="loss">How classes are kept; targets that are none have a loss of their own.</param>
    public abstract Tensor Loss(Tensor reading, BottleneckLoss loss);

    /// <summary>What methods without a bottleneck follow, <c>[N, K]</c>, in the caller's gradient mode.</summary>
    /// <param name="features"><c>[N, K, ...]</c>.</param>
    /// <param name="mode">How the tail is run.</param>
    public abstract Tensor Score(Tensor features, TailMode mode);

    /// <summary>What is reported of what was read, <c>[..., C]</c>: probabilities, or values as they are.</summary>
    public virtual Tensor Report(Tensor reading) => IsLogarithmic ? reading.exp() : reading;

    /// <summary>Why a row does not have what was asked for, as a sentence's end.</summary>
    /// <param name="asked">What was asked for.</param>
    public virtual string Missing(long asked) => $"its target {asked} is no class of the network (0 to {Width - 1})";

    /// <summary>The values of what was asked for, <c>[N, K]</c>.</summary>
    /// <param name="reading"><c>[N, K, M]</c>.</param>
    /// <param name="indices">int64 <c>[N]</c>.</param>
    protected static Tensor Pick(Tensor reading, Tensor indices) => reading.gather(2, indices.view(-1, 1, 1).expand(-1, reading.shape[1], 1)).squeeze(2);
}
