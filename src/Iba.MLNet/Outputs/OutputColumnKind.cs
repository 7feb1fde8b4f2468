namespace Iba.MLNet;

/// <summary>What an added column holds. The numbers are written into model files.</summary>
internal enum OutputColumnKind
{
    /// <summary>Bits per pixel or position.</summary>
    Heatmap = 0,

    /// <summary>The heat map's sum.</summary>
    TotalBits = 1,

    /// <summary>The explained class.</summary>
    Target = 2,

    /// <summary>Class probabilities without bottleneck.</summary>
    Scores = 3,

    /// <summary>Class probabilities under the bottleneck.</summary>
    ScoresWithBottleneck = 4,

    /// <summary>Nats per neuron of the layer.</summary>
    Capacity = 5,

    /// <summary>The heat map drawn over the grey photograph.</summary>
    Overlay = 6,

    /// <summary>The probability of the second of two classes.</summary>
    Probability = 7,

    /// <summary>The logarithm of the odds of the second of two classes.</summary>
    Score = 8,

    /// <summary>The predicted class, as a key.</summary>
    PredictedLabel = 9,

    /// <summary>Why there is no explanation.</summary>
    Failure = 10,

    /// <summary>The map's shape, for programs that take rows of any shape.</summary>
    MapShape = 11,

    /// <summary>The shape of what is explained, without channels; the map's where maps have the input's size.</summary>
    InputShape = 12,

    /// <summary>The integral of the degradation test.</summary>
    Degradation = 13,

    /// <summary>The target's probability under the bottleneck, divided by that without.</summary>
    ProbabilityKept = 14,

    /// <summary>The explained box.</summary>
    TargetBox = 20,

    /// <summary>How much the maps of several seeds differ, in bits per pixel or position.</summary>
    Deviation = 21,

    /// <summary>How much the totals of several seeds differ, in bits.</summary>
    TotalBitsDeviation = 22,

    /// <summary>Why there is no explanation, with what the row is called.</summary>
    IdentifiedFailure = 23,

    /// <summary>The sum of the maps of all layers.</summary>
    LayerSum = 24,

    /// <summary>The maps of all layers, one after the other.</summary>
    LayerStack = 25,
}
