using Iba.Torch;

namespace Iba.MLNet;

/// <summary>What takes in the features of batch after batch during a fit.</summary>
internal interface IRowFit
{
    /// <summary>Whether a first batch was seen, and it is decided how the others are taken.</summary>
    bool IsPrepared { get; }

    /// <summary>The number of rows taken in.</summary>
    long Rows { get; }

    /// <summary>The network's inputs, as far as they are decided.</summary>
    InputLayout Layout { get; }

    /// <summary>Whether rows come one by one on every device. Default: false, a GPU would be idle with one.</summary>
    bool TakesSingleRows => false;

    /// <summary>Decides, at the first batch, how the layer is taken; checks, at the others, that they fit.</summary>
    /// <exception cref="InvalidOperationException">The layer cannot be explained; no row is to blame.</exception>
    void Prepare(Activation activation, InputBatch batch);

    /// <summary>Takes in a batch; one of its rows may be to blame where this fails.</summary>
    void Add(Activation activation, InputBatch batch);
}
