namespace Iba.Torch;

/// <summary>Estimates the memory that a row takes in a pass through the tail, from the sizes of the tail's results.</summary>
internal sealed class PassMemory(SplitNetwork network, int copies)
{
    /// <summary>The backward pass needs all results of the forward pass, and gradients beside those that are left.</summary>
    private const double OfResults = 1.25;

    /// <summary>Noise, noisy features and their gradients, for each copy; the mask's tensors, shared by the copies.</summary>
    private const double OfFeatures = 16;

    private double _bytesPerFeature;
    private long _features;

    /// <summary>The bytes of one row, at least 1. Tries the tail out for the first row, and for each that is larger than those before.</summary>
    public double BytesPerRow(Activation activation)
    {
        long features = activation.Features.numel() / activation.Rows;
        if (features > _features)
        {
            _bytesPerFeature = copies * ((OfResults * network.ResultBytes(activation) / features) + (OfFeatures * sizeof(float)));
            _features = features;
        }

        return Math.Max(1, features * _bytesPerFeature);
    }
}
