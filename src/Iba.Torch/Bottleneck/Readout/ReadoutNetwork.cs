using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>
/// The small network of a readout (Schulz et al. 2020, section 3.3): three 1x1 convolutions, ReLU between them, from the features that are read
/// to alpha.
/// </summary>
internal sealed class ReadoutNetwork : IDisposable
{
    private const int Convolutions = 3;

    /// <summary>At the start alpha is nearly the bias of the last convolution, everywhere.</summary>
    private const double LastScale = 0.01;

    private ReadoutNetwork(IReadOnlyList<Tensor> parameters) => Parameters = [.. parameters.Select(tensor => tensor.DetachFromDisposeScope())];

    /// <summary>Weight <c>[out, in]</c> and bias <c>[out]</c> of each convolution, float32.</summary>
    public IReadOnlyList<Tensor> Parameters { get; }

    /// <summary>The number of channels that go in.</summary>
    public long ChannelsIn => Parameters[0].shape[1];

    /// <summary>The number of channels that come out.</summary>
    public long ChannelsOut => Parameters[^1].shape[0];

    /// <summary>A network that is not trained: half as many channels as go in, then twice as many as come out, then those that come out.</summary>
    /// <param name="channelsIn">The number of channels that go in.</param>
    /// <param name="channelsOut">The number of channels that come out.</param>
    /// <param name="initialAlpha">What comes out at first.</param>
    /// <param name="seed">Seed of the weights.</param>
    public static ReadoutNetwork Create(long channelsIn, long channelsOut, double initialAlpha, long seed)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(MixedSeed.Of(seed, 0), CPU);
        long[] sizes = [channelsIn, Math.Max(1, channelsIn / 2), 2 * channelsOut, channelsOut];
        var parameters = new List<Tensor>();
        for (int layer = 0; layer < Convolutions; layer++)
        {
            bool isLast = layer == Convolutions - 1;
            double scale = isLast ? LastScale / Math.Sqrt(sizes[layer]) : Math.Sqrt(2.0 / sizes[layer]);
            parameters.Add(randn([sizes[layer + 1], sizes[layer]], ScalarType.Float32, CPU, generator: generator).mul_(scale));
            parameters.Add(full([sizes[layer + 1]], isLast ? initialAlpha : 0, ScalarType.Float32, CPU));
        }

        return new ReadoutNetwork(parameters);
    }

    /// <summary>Alpha in the layout of the bottleneck's features, <c>[N, ...]</c>; differentiable with respect to the parameters.</summary>
    /// <remarks>
    /// The first convolution is linear, as resizing is, so that they may be exchanged: each layer is multiplied with its part of the weights where it has
    /// the fewer positions, and the sum is that of the convolution over all layers at the bottleneck's.
    /// </remarks>
    /// <param name="parameters">The parameters, or what stands for them.</param>
    /// <param name="read"><c>[N, C, positions...]</c> of each layer, see <see cref="ReadoutScale"/>.</param>
    /// <param name="positions">The size of the bottleneck's layer without rows and channels.</param>
    /// <param name="channelDimension">The dimension of the channels in the bottleneck's features.</param>
    public static Tensor Alpha(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> read, long[] positions, int channelDimension)
    {
        Tensor? sum = null;
        long start = 0;
        foreach (var layer in read)
        {
            long channels = layer.shape[1];

            // The bias once, with the first layer.
            var part = ReadoutPositions.Resize(Convolve(layer, parameters[0].narrow(1, start, channels), sum is null ? parameters[1] : null), positions);
            sum = sum is null ? part : sum + part;
            start += channels;
        }

        var values = sum!;
        for (int layer = 1; layer < Convolutions; layer++) values = Convolve(values.relu(), parameters[2 * layer], parameters[(2 * layer) + 1]);
        return values.movedim([1], [channelDimension]).contiguous();
    }

    /// <summary>A 1x1 convolution of any number of dimensions. As one of two: libtorch's products of matrices use half of some processors (see ConvolvedProduct).</summary>
    private static Tensor Convolve(Tensor values, Tensor weight, Tensor? bias)
    {
        long[] positions = values.shape[2..];
        var flat = values.dim() == 2 ? values.unsqueeze(2) : values.flatten(2);
        var result = nn.functional.conv2d(flat.unsqueeze(2), weight.unsqueeze(2).unsqueeze(3), bias);
        return result.reshape([values.shape[0], weight.shape[0], .. positions]);
    }

    /// <summary>The same parameters on a device; disposed by the caller.</summary>
    public ReadoutNetwork To(Device device)
    {
        using var scope = NewDisposeScope();
        return new ReadoutNetwork([.. Parameters.Select(tensor => tensor.detach().to(device, copy: true))]);
    }

    /// <summary>Writes the parameters.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (var parameter in Parameters) ReadoutTensor.Write(writer, parameter);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">Shapes do not fit together, or a value is NaN or infinite.</exception>
    public static ReadoutNetwork Load(BinaryReader reader)
    {
        using var scope = NewDisposeScope();
        var parameters = new List<Tensor>();
        long[]? before = null;
        for (int layer = 0; layer < Convolutions; layer++)
        {
            var weight = ReadoutTensor.Read(reader, "weight");
            var bias = ReadoutTensor.Read(reader, "bias");
            bool fits = weight.dim() == 2 && bias.dim() == 1 && bias.shape[0] == weight.shape[0] && (before is null || before[0] == weight.shape[1]);
            if (!fits) throw new InvalidDataException($"A readout with weights {Shapes.Format(weight.shape)} and bias {Shapes.Format(bias.shape)}, which do not fit together.");
            before = weight.shape;
            parameters.AddRange([weight, bias]);
        }

        return new ReadoutNetwork(parameters);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var parameter in Parameters) parameter.Dispose();
    }
}
