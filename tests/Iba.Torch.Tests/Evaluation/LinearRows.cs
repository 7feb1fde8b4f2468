using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>
/// Two classes, two channels of 6 x 6, and one weight for each value: what a region is worth can be written down. The class that is looked at is 1.
/// </summary>
internal sealed class LinearRows : IDisposable
{
    public const int Side = 6;

    private readonly TorchSharp.Modules.Sequential _module;

    /// <param name="rows">The number of rows.</param>
    /// <param name="scale">How large the weights are.</param>
    public LinearRows(int rows = 3, double scale = 0.5)
    {
        var linear = nn.Linear(2 * Side * Side, 2);
        _module = nn.Sequential(("flatten", nn.Flatten()), ("linear", linear));
        Inputs = Toy.Random([rows, 2, Side, Side], seed: 41);
        Weights = zeros(2, 2 * Side * Side);
        Weights[1] = Toy.Random([2 * Side * Side], seed: 42) * scale;
        using (no_grad())
        {
            linear.weight!.copy_(Weights);
            linear.bias!.zero_();
        }

        Network = new ModuleNetwork(_module, [2, Side, Side], OutputKind.Logits);
        Rows = Ask(Inputs);
    }

    public ModuleNetwork Network { get; }

    public Tensor Inputs { get; }

    public Tensor Weights { get; }

    public EvaluationRows Rows { get; }

    /// <summary><c>[N, 2, 6, 6]</c>: the gradient of the logit of class 1.</summary>
    public Tensor Gradient => Weights[1].view(1, 2, Side, Side).expand(Inputs.shape);

    /// <summary><c>[N, 6, 6]</c>: what each pixel adds to the logit, compared with the channels' means.</summary>
    public Tensor Truth => ((Inputs - Inputs.mean([2, 3], keepdim: true)) * Gradient).sum([1L]);

    public EvaluationRows Ask(Tensor inputs) => new(Network, [inputs], new AttributionRequest { Target = ExplanationTarget.Class(1) });

    public void Dispose()
    {
        Rows.Dispose();
        Network.Dispose();
        _module.Dispose();
    }
}
