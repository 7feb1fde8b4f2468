using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>What a recurrent network hands from one time step to the next, each <c>[N, hidden]</c>; only an LSTM has a cell.</summary>
internal sealed record RecurrentState(Tensor Hidden, Tensor Cell);

/// <summary>Weights, biases and activations of one direction of a recurrent network.</summary>
internal sealed class RecurrentWeights
{
    private readonly Func<Tensor, Tensor>[] _activations;
    private readonly double? _clip;

    private RecurrentWeights(Func<Tensor, Tensor>[] activations, double? clip) => (_activations, _clip) = (activations, clip);

    /// <summary>Weights of the input, <c>[gates * hidden, input]</c>.</summary>
    public required Tensor Input { get; init; }

    /// <summary>Weights of the hidden state, <c>[gates * hidden, hidden]</c>.</summary>
    public required Tensor Recurrence { get; init; }

    public required Tensor InputBias { get; init; }

    public required Tensor RecurrenceBias { get; init; }

    /// <summary>Weights of the cell in an LSTM's gates, <c>[3 * hidden]</c>.</summary>
    public required Tensor? Peepholes { get; init; }

    public required bool InputForget { get; init; }

    public required bool LinearBeforeReset { get; init; }

    public long HiddenSize => Recurrence.shape[1];

    public Tensor Recur(Tensor hidden) => hidden.mm(Recurrence.t());

    /// <summary>The activation function with the given number, after clipping.</summary>
    public Tensor Activate(int index, Tensor tensor) => _activations[index](_clip is { } clip ? tensor.clamp(-clip, clip) : tensor);

    public static RecurrentWeights Read(
        OperatorCall call, int direction, int directions, int gates, long inputSize, ScalarType type, string[] activations)
    {
        var recurrence = call.WithRank(2, 3, 3);
        long hidden = recurrence.shape[2];
        call.CheckShape("input 1", call[1], directions, gates * hidden, inputSize);
        call.CheckShape("input 2", recurrence, directions, gates * hidden, hidden);
        if (call.Optional(3) is { } given) call.CheckShape("input 3", given, directions, 2 * gates * hidden);
        var bias = call.Optional(3)?[direction].As(type) ?? zeros([2 * gates * hidden], type, recurrence.device);
        var peepholes = gates == 4 ? call.Optional(7) : null;
        if (peepholes is not null) call.CheckShape("input 7", peepholes, directions, 3 * hidden);

        return new RecurrentWeights(
            RecurrentActivations.Read(call, direction, directions, activations), call.Has("clip") ? call.Float("clip", 0) : null)
        {
            Input = call[1][direction].As(type),
            Recurrence = recurrence[direction].As(type),
            InputBias = bias.narrow(0, 0, gates * hidden),
            RecurrenceBias = bias.narrow(0, gates * hidden, gates * hidden),
            Peepholes = peepholes?[direction].As(type),
            InputForget = call.Flag("input_forget"),
            LinearBeforeReset = call.Flag("linear_before_reset"),
        };
    }
}
