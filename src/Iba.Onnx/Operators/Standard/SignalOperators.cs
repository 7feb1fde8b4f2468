using TorchSharp;
using static TorchSharp.torch;

namespace Iba.Onnx;

/// <summary>Fourier transforms (in float64, as the sums are long), windows and mel filters.</summary>
internal static class SignalOperators
{
    public static void Register(OperatorTable table)
    {
        table.Add("BlackmanWindow", call => Window(call, [0.42, -0.5, 0.08]));
        table.Add("DFT", Dft);
        table.Add("HammingWindow", call => Window(call, [25.0 / 46, -21.0 / 46]));
        table.Add("HannWindow", call => Window(call, [0.5, -0.5]));
        table.Add("MelWeightMatrix", MelWeightMatrix);
        table.Add("STFT", Stft);
    }

    /// <summary>A sum of cosines; a symmetric window is a periodic one of one element less, closed.</summary>
    private static Tensor Window(OperatorCall call, double[] coefficients)
    {
        long size = Length(call, 0) ?? throw call.Error("needs a size");
        OperatorLimits.Check(call, [size]);
        long period = Math.Max(call.Flag("periodic", otherwise: true) ? size : size - 1, 1);
        double[] window = new double[size];
        for (int i = 0; i < size; i++)
        {
            for (int k = 0; k < coefficients.Length; k++) window[i] += coefficients[k] * Math.Cos(2 * Math.PI * k * i / period);
        }

        return torch.tensor(window).to(OutputType(call));
    }

    private static Tensor Dft(OperatorCall call)
    {
        var input = call.WithRank(0, 2);
        int axis = call.Opset >= 20
            ? call.Axis(call.Longs(2) is [var given, ..] ? given : -2, input.dim())
            : call.Axis(call.Int("axis", 1), input.dim());
        if (axis == input.dim() - 1) throw call.Error("cannot transform the last axis, which holds real and imaginary parts");
        var (inverse, oneSided) = (call.Flag("inverse"), call.Flag("onesided"));
        long length = Length(call, 1) ?? (inverse && oneSided ? 2 * (input.shape[axis] - 1) : input.shape[axis]);
        OperatorLimits.Check(call, [length], input.numel());
        if (length < 1) throw call.Error($"has a transform of length {length}");

        var signal = Complex(call, input.to(ScalarType.Float64));
        if (inverse && oneSided) return fft.irfft(signal, length, axis).unsqueeze(-1).As(input.dtype);
        var spectrum = inverse ? fft.ifft(signal, length, axis) : fft.fft_(signal, length, axis);
        if (oneSided) spectrum = spectrum.narrow(axis, 0, (length / 2) + 1);
        return spectrum.view_as_real().As(input.dtype);
    }

    private static Tensor Stft(OperatorCall call)
    {
        var input = call[0].dim() == 2 ? call[0].unsqueeze(-1) : call.WithRank(0, 3, 3);
        long step = Length(call, 1) ?? throw call.Error("needs a frame step");
        var window = call.Optional(2);
        long length = Length(call, 3) ?? window?.numel() ?? input.shape[1];
        if (step < 1 || length < 1 || length > input.shape[1]) throw call.Error($"frames of {length} every {step} do not fit into {input.shape[1]} samples");
        if (window is not null) call.CheckShape("the window", window, length);

        // [N, frames, length, 1 or 2]
        var frames = input.to(ScalarType.Float64).unfold(1, length, step).transpose(2, 3);
        if (window is not null) frames = frames * window.As(frames.dtype).unsqueeze(-1);
        var spectrum = fft.fft_(Complex(call, frames), length, 2);
        if (call.Flag("onesided", otherwise: true)) spectrum = spectrum.narrow(2, 0, (length / 2) + 1);
        return spectrum.view_as_real().As(input.dtype);
    }

    /// <summary>Triangular filters, evenly spaced on the mel scale: <c>[dft_length / 2 + 1, mel bins]</c>.</summary>
    private static Tensor MelWeightMatrix(OperatorCall call)
    {
        long bins = Length(call, 0) ?? throw call.Error("needs the number of mel bins");
        long length = Length(call, 1) ?? throw call.Error("needs a DFT length");
        long rate = Length(call, 2) ?? throw call.Error("needs a sample rate");
        var (lowest, highest) = (Number(call, 3), Number(call, 4));
        long rows = (length / 2) + 1;
        OperatorLimits.Check(call, [rows, bins]);
        if (bins < 1 || length < 1 || rate < 1 || lowest < 0 || highest > rate / 2.0 || highest < lowest)
            throw call.Error($"{bins} bins from {lowest} to {highest} Hz do not go with length {length} and rate {rate}");

        var (low, high) = (2595 * Math.Log10(1 + (lowest / 700)), 2595 * Math.Log10(1 + (highest / 700)));
        long[] edges = Enumerable.Range(0, (int)bins + 2)
            .Select(i => 700 * (Math.Pow(10, ((i * (high - low) / (bins + 2)) + low) / 2595) - 1))
            .Select(frequency => (long)Math.Floor((length + 1) * frequency / rate)).ToArray();
        double[] weights = new double[rows * bins];
        for (int bin = 0; bin < bins; bin++)
        {
            var (left, centre, right) = (edges[bin], edges[bin + 1], edges[bin + 2]);
            for (long row = left; row <= Math.Min(centre, rows - 1); row++)
                weights[(row * bins) + bin] = centre == left ? 1 : (row - left) / (double)(centre - left);
            for (long row = centre; row < Math.Min(right, rows); row++)
                weights[(row * bins) + bin] = (right - row) / (double)(right - centre);
        }

        return torch.tensor(weights, [rows, bins]).to(OutputType(call));
    }

    /// <summary>A signal whose last axis holds real parts, or real and imaginary ones, as complex numbers without that axis.</summary>
    private static Tensor Complex(OperatorCall call, Tensor signal) => signal.shape[^1] switch
    {
        1 => complex(signal.squeeze(-1), zeros_like(signal.squeeze(-1))),
        2 => signal.contiguous().view_as_complex(),
        var parts => throw call.Error($"the last axis has {parts} entries, but must have 1 or 2"),
    };

    private static long? Length(OperatorCall call, int input) => call.Longs(input) switch
    {
        null => null,
        [var value] => value,
        var values => throw call.Error($"input {input} holds {values.Length} numbers, but must hold one"),
    };

    private static double Number(OperatorCall call, int input)
    {
        if (call[input].numel() != 1) throw call.Error($"input {input} must hold one number");
        return call[input].to(ScalarType.Float64).flatten()[0].item<double>();
    }

    private static ScalarType OutputType(OperatorCall call)
    {
        long number = call.Int("output_datatype", 1);
        return ElementTypes.Storage((Schema.TensorProto.Types.DataType)number) ?? throw call.Error($"output_datatype {number} is not supported");
    }
}
