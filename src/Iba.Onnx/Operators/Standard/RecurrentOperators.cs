using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>RNN, LSTM and GRU: any direction, layout, activation, and sequences of different lengths.</summary>
internal static class RecurrentOperators
{
    public static void Register(OperatorTable table)
    {
        table.AddMany("GRU", call => Run(call, gates: 3, ["Sigmoid", "Tanh"], Gru));
        table.AddMany("LSTM", call => Run(call, gates: 4, ["Sigmoid", "Tanh", "Tanh"], Lstm));
        table.AddMany("RNN", call => Run(call, gates: 1, ["Tanh"], Rnn));
    }

    /// <summary>One time step: the projected input and the state before to the state after.</summary>
    private delegate RecurrentState Step(RecurrentWeights weights, Tensor projected, RecurrentState state);

    private static RecurrentState Rnn(RecurrentWeights weights, Tensor projected, RecurrentState state)
        => state with { Hidden = weights.Activate(0, projected + weights.Recur(state.Hidden) + weights.RecurrenceBias) };

    private static RecurrentState Gru(RecurrentWeights weights, Tensor projected, RecurrentState state)
    {
        long size = weights.HiddenSize;
        var (update, reset) = (size * 0, size);
        Tensor Gate(long from) => weights.Activate(0, projected.narrow(1, from, size)
            + state.Hidden.mm(weights.Recurrence.narrow(0, from, size).t()) + weights.RecurrenceBias.narrow(0, from, size));
        var (z, r) = (Gate(update), Gate(reset));
        var recurrence = weights.Recurrence.narrow(0, 2 * size, size).t();
        var bias = weights.RecurrenceBias.narrow(0, 2 * size, size);
        var recurrent = weights.LinearBeforeReset
            ? r * (state.Hidden.mm(recurrence) + bias)
            : (r * state.Hidden).mm(recurrence) + bias;
        var candidate = weights.Activate(1, projected.narrow(1, 2 * size, size) + recurrent);
        return state with { Hidden = ((1 - z) * candidate) + (z * state.Hidden) };
    }

    private static RecurrentState Lstm(RecurrentWeights weights, Tensor projected, RecurrentState state)
    {
        // Gates in the order input, output, forget, cell; peepholes in the order input, output, forget.
        long size = weights.HiddenSize;
        var gates = projected + weights.Recur(state.Hidden) + weights.RecurrenceBias;
        Tensor Gate(int index) => gates.narrow(1, index * size, size);
        Tensor Peep(int index, Tensor cell) => weights.Peepholes is { } peepholes ? Gate(index) + (cell * peepholes.narrow(0, index * size, size)) : Gate(index);

        var input = weights.Activate(0, Peep(0, state.Cell));
        var forget = weights.InputForget ? 1 - input : weights.Activate(0, Peep(2, state.Cell));
        var cell = (forget * state.Cell) + (input * weights.Activate(1, Gate(3)));
        var output = weights.Activate(0, Peep(1, cell));
        return new RecurrentState(output * weights.Activate(2, cell), cell);
    }

    private static OnnxValue[] Run(OperatorCall call, int gates, string[] activations, Step step)
    {
        bool batchFirst = call.Int("layout", 0) == 1;
        var type = call.WithRank(0, 3, 3).dtype;
        var data = call[0].Widen();
        var input = batchFirst ? data.transpose(0, 1) : data;
        var (length, batch) = (input.shape[0], input.shape[1]);
        string direction = call.String("direction", "forward");
        bool[] reversed = direction switch
        {
            "forward" => [false],
            "reverse" => [true],
            "bidirectional" => [false, true],
            _ => throw call.Error($"direction '{direction}' is none of forward, reverse, bidirectional"),
        };
        if (length == 0) throw call.Error("has a sequence of length zero");
        var lengths = call.Optional(4);
        if (lengths is not null) call.CheckShape("sequence_lens", lengths, batch);

        var outputs = new List<Tensor>();
        var states = new List<RecurrentState>();
        for (int d = 0; d < reversed.Length; d++)
        {
            var weights = RecurrentWeights.Read(call, d, reversed.Length, gates, input.shape[2], data.dtype, activations);
            var state = new RecurrentState(Initial(5), gates == 4 ? Initial(6) : data);
            var projected = nn.functional.linear(input, weights.Input, weights.InputBias);
            var steps = new Tensor[length];
            for (int i = 0; i < length; i++)
            {
                long t = reversed[d] ? length - 1 - i : i;
                var next = step(weights, projected[t], state);
                if (lengths is null)
                {
                    (state, steps[t]) = (next, next.Hidden);
                    continue;
                }

                // A sequence that has ended keeps its state and yields zeros.
                var running = lengths.gt(t).unsqueeze(1);
                steps[t] = where(running, next.Hidden, zeros_like(next.Hidden));
                state = new RecurrentState(where(running, next.Hidden, state.Hidden), gates == 4 ? where(running, next.Cell, state.Cell) : state.Cell);
            }

            outputs.Add(stack(steps, 0));
            states.Add(state);

            Tensor Initial(int index)
            {
                if (call.Optional(index) is not { } given) return zeros([batch, weights.HiddenSize], data.dtype, data.device);
                var first = batchFirst ? given.transpose(0, 1) : given;
                call.CheckShape($"input {index}", first, reversed.Length, batch, weights.HiddenSize);
                return first[d].As(data.dtype);
            }
        }

        // [length, directions, batch, hidden], or [batch, length, directions, hidden] with the batch first.
        var all = stack(outputs, 1);
        all = (batchFirst ? all.permute(2, 0, 1, 3) : all).As(type);
        Tensor Last(Func<RecurrentState, Tensor> part) => stack(states.Select(part), batchFirst ? 1 : 0).As(type);
        return gates == 4 ? [all, Last(state => state.Hidden), Last(state => state.Cell)] : [all, Last(state => state.Hidden)];
    }
}
