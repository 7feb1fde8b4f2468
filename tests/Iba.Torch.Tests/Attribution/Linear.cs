using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>A linear tail, whose attributions can be written down. Tensors belong to the dispose scope around the call.</summary>
internal sealed class Linear
{
    /// <param name="row">The shape of one row of features.</param>
    /// <param name="type">The type of weights and features.</param>
    public Linear(long[] row, ScalarType type = ScalarType.Float32)
    {
        long neurons = row.Aggregate(1L, (product, size) => product * size);
        Weights = Toy.Random([Toy.Classes, .. row], seed: 31).to_type(type);
        var matrix = Weights.view(Toy.Classes, neurons).t();
        Network = new ToyNetwork(features => features.flatten(1).matmul(matrix));
        Features = Toy.Random([3, .. row], seed: 32).to_type(type);
    }

    public ToyNetwork Network { get; }

    /// <summary>Three rows.</summary>
    public Tensor Features { get; }

    /// <summary><c>[classes, ...]</c>: the gradient of each class's logit.</summary>
    public Tensor Weights { get; }

    public Attribution Explain(AttributionMethod method, AttributionRequest? request = null) => Explain(method, Network, Features, request);

    public static Attribution Explain(AttributionMethod method, SplitNetwork network, Tensor features, AttributionRequest? request = null)
    {
        using var activation = new Activation(features.alias(), []);
        return method.Explain(network, activation, request);
    }
}
