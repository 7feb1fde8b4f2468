namespace Iba.Torch;

/// <summary>Estimates the memory that a row takes in a pass through the tail, from the sizes of the tail's results.</summary>
internal sealed class PassMemory(SplitNetwork network, int versions)
{
    /// <summary>The backward pass needs all results of the forward pass, and gradients beside those that are left.</summary>
    private const double OfResults = 1.25;

    /// <summary>Noise, noisy features and their gradients, for each version; what belongs to the row, shared by its versions.</summary>
    private const double OfFeatures = 16;

    private double _bytesPerFeature;
    private long _features;

    /// <summary>The bytes of one row, at least 1. Tries the tail out for the first row, and for each that is larger than those before.</summary>
    public double BytesPerRow(Activation activation)
    {
        long features = activation.Features.numel() / activation.Rows;
        if (features > _features)
        {
            _bytesPerFeature = versions * ((OfResults * network.ResultBytes(activation) / features) + (OfFeatures * sizeof(float)));
            _features = features;
        }

        return Math.Max(1, features * _bytesPerFeature);
    }

    /// <summary>The same; infinity where memory ran out even for finding that out.</summary>
    public double BytesPerRowOrInfinity(Activation activation)
    {
        try
        {
            return BytesPerRow(activation);
        }
        catch (Exception error) when (NativeError.IsOutOfMemory(error))
        {
            return double.PositiveInfinity;
        }
    }
}
