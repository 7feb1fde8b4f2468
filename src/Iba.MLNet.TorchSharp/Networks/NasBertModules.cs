using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Iba.MLNet.TorchSharp;

/// <summary>
/// The modules inside ML.NET's NAS-BERT, by their names and TorchSharp's public base types, and its forward pass spelled out over them: ML.NET's
/// modules call each other by <c>forward</c>, where no hook sees them.
/// </summary>
internal sealed class NasBertModules
{
    private readonly Embedding _tokens;
    private readonly Module<Tensor, Dictionary<string, object?>, Tensor> _positions;
    private readonly LayerNorm _norm;
    private readonly Module<Tensor, int, Tensor> _embedTransfer;
    private readonly Module<Tensor, Dictionary<string, object?>, Tensor>[] _layers;
    private readonly Module<Tensor, int, bool, Tensor>[] _hiddenTransfers;
    private readonly Module<Tensor, Tensor> _classifier;

    /// <exception cref="NotSupportedException">The modules are others than those that are known.</exception>
    public NasBertModules(Module model)
    {
        var encoder = Child<Module>(model, "Encoder");
        _tokens = Child<Embedding>(encoder, "TokenEmbedding");
        _positions = Child<Module<Tensor, Dictionary<string, object?>, Tensor>>(encoder, "PositionalEmbedding");
        _norm = Child<LayerNorm>(encoder, "EmbeddingLayerNorm");
        _embedTransfer = Child<Module<Tensor, int, Tensor>>(encoder, "EmbedTransfer");
        _layers = [.. Child<Module>(encoder, "Layers").children().Select(cell => Child<Module<Tensor, Dictionary<string, object?>, Tensor>>(cell, "Operation"))];
        _hiddenTransfers = [.. Child<Module>(encoder, "HiddenTransferList").children().Cast<Module<Tensor, int, bool, Tensor>>()];
        _classifier = Child<Module<Tensor, Tensor>>(Child<Module>(model, "PredictionHead"), "Classifier");
        if (_layers.Length == 0 || _hiddenTransfers.Length == 0 || _layers.Length % _hiddenTransfers.Length != 0)
            throw new NotSupportedException($"{_layers.Length} layers in {_hiddenTransfers.Length} blocks are no NAS-BERT that is known.");
    }

    /// <summary>The number of layers behind the embedding.</summary>
    public int Layers => _layers.Length;

    public Device Device => _tokens.weight!.device;

    /// <summary>The number of different ids.</summary>
    public long Symbols => _tokens.weight!.shape[0];

    /// <summary>The modules that compute what comes between two layers; 0 is the embedding, the last number the classifier.</summary>
    public IEnumerable<(string Name, Module Module)> Parts(int layer)
    {
        if (layer == 0) return [("TokenEmbedding", _tokens), ("PositionalEmbedding", _positions), ("EmbeddingLayerNorm", _norm), ("EmbedTransfer", _embedTransfer)];
        if (layer > Layers) return [("Classifier", _classifier)];
        var own = ($"Layers.{layer - 1}", (Module)_layers[layer - 1]);
        return Starts(layer - 1) ? [($"HiddenTransferList.{Block(layer - 1)}", _hiddenTransfers[Block(layer - 1)]), own] : [own];
    }

    /// <summary>The embedding: features <c>[N, T, C]</c>, 0 at padding.</summary>
    /// <param name="tokens">Ids <c>[N, T]</c>.</param>
    /// <param name="padding">Where padding is, <c>[N, T]</c>.</param>
    public Tensor Embed(Tensor tokens, Tensor padding)
    {
        var x = _tokens.forward(tokens) + _positions.forward(tokens, new() { ["positions"] = null });
        x = _norm.forward(x);
        x = _embedTransfer.forward(x, (int)x.shape[^1]);
        return WithoutPadding(x, padding);
    }

    /// <summary>Layers, from <paramref name="from"/> up to, not including, <paramref name="to"/>.</summary>
    /// <param name="x">Features <c>[N, T, C]</c>; they stay as they are.</param>
    /// <param name="padding">Where padding is, <c>[N, T]</c>.</param>
    /// <param name="from">The first layer, from 0.</param>
    /// <param name="to">The layer to end before.</param>
    public Tensor Run(Tensor x, Tensor padding, int from, int to)
    {
        var parameters = new Dictionary<string, object?>
        {
            ["selfAttentionMask"] = null,
            // As the model does it: without padding there is no mask.
            ["selfAttentionPaddingMask"] = padding.any().item<bool>() ? padding : null,
        };
        x = x.transpose(0, 1);
        for (int i = from; i < to; i++)
        {
            if (Starts(i)) x = _hiddenTransfers[Block(i)].forward(x, 0, true);
            x = _layers[i].forward(x, parameters);
            if (Starts(i + 1)) x = _hiddenTransfers[Block(i)].forward(x, 0, false);
        }

        return x.transpose(0, 1);
    }

    /// <summary>Logits <c>[N, classes]</c> of features <c>[N, T, C]</c> behind the last layer: of the first token alone.</summary>
    public Tensor Classify(Tensor x) => _classifier.forward(x.select(1, 0));

    /// <summary>The features with 0 where padding is.</summary>
    public static Tensor WithoutPadding(Tensor x, Tensor padding) => x * padding.logical_not().unsqueeze(-1).type_as(x);

    private int Block(int layer) => layer / (Layers / _hiddenTransfers.Length);

    private bool Starts(int layer) => layer % (Layers / _hiddenTransfers.Length) == 0;

    private static T Child<T>(Module parent, string name)
        where T : Module
        => parent.named_children().FirstOrDefault(child => child.name == name).module as T
            ?? throw new NotSupportedException(
                $"'{parent.GetName()}' has no {typeof(T).Name} '{name}': this version of Microsoft.ML.TorchSharp builds another network than 0.23.1, which is known.");
}
