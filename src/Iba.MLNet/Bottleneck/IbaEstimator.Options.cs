using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet;

public sealed partial class IbaEstimator
{
    /// <summary>Options of the <see cref="IbaEstimator"/>, as used in
    /// <see cref="IbaCatalog.Iba(TransformsCatalog, Options)"/>.</summary>
    public sealed class Options : AttributionOptions
    {
#pragma warning disable CA1051 // Options of ML.NET's components are public fields.
        /// <summary>
        /// Weight of the information term (beta, equation 5). 0 to 1e9. Larger lets less information pass. Null (default): 10, the paper's. Where
        /// the layer is left open too, or <see cref="AttributionOptions.Model"/> is set, a layer of so many positions in a row (bytes, tokens, samples of
        /// a signal; of known length) that 10 would make a bit cheap has more: 1 for each 1,311 features, since the information term is a mean over
        /// them. Where the layer is a table, whose every value is a position (see <see cref="AttributionOptions.ChannelDimension"/>), it is 1 for each 100 columns, at most 10:
        /// the paper's would leave nothing of few columns. It is written to the log.
        /// </summary>
        public double? Beta;

        /// <summary>Optimisation steps (T). 1 to 1,000,000; default 10.</summary>
        public int Steps = BottleneckDefaults.Steps;

        /// <summary>
        /// Where <see cref="NoiseCopies"/>, <see cref="CopiesPerStep"/>, <see cref="Noise"/> and <see cref="TailPrecision"/> come from as long as they are null.
        /// Default <see cref="IbaPreset.Paper"/>; <see cref="IbaPreset.Fast"/> and <see cref="IbaPreset.Draft"/> take fewer passes, in bfloat16 where it is offered.
        /// </summary>
        public IbaPreset Preset;

        /// <summary>Noisy copies of each row per step (K). 1 to 1,000,000. Null (default): what <see cref="Preset"/> says, 10.</summary>
        public int? NoiseCopies;

        /// <inheritdoc cref="BottleneckOptions.CopiesPerStep"/>
        public int[]? CopiesPerStep;

        /// <summary>
        /// How the copies' noise is drawn; <see cref="NoiseKind.Paired"/> lets maps change less with the seed, at the same cost. Null (default):
        /// what <see cref="Preset"/> says, <see cref="NoiseKind.Independent"/>.
        /// </summary>
        public NoiseKind? Noise;

        /// <summary>
        /// The element type of the network behind the layer; <see cref="TailPrecision.BFloat16"/> is meant for processors and GPUs that have instructions for it, and an
        /// error at Fit elsewhere; <see cref="TailPrecision.Auto"/> falls back, and says so in the log. Saved: a zip with
        /// <see cref="TailPrecision.BFloat16"/> is not loaded where it is not offered, and one with <see cref="TailPrecision.Auto"/> says where maps will differ from
        /// those of the machine that it was fitted on. Null (default): what <see cref="Preset"/> says, <see cref="TailPrecision.Float32"/> with
        /// <see cref="IbaPreset.Paper"/> and <see cref="TailPrecision.Auto"/> with the others.
        /// </summary>
        public TailPrecision? TailPrecision;

        /// <summary>Adam's learning rate. Above 0, up to 1e6; default 1.</summary>
        public double LearningRate = BottleneckDefaults.LearningRate;

        /// <summary>Start of alpha, -60 to 60; lambda = sigmoid(alpha) is the share that passes. Default 5.</summary>
        public double InitialAlpha = BottleneckDefaults.InitialAlpha;

        /// <summary>
        /// Standard deviation of the Gaussian that smooths the mask, in positions of the layer; 0 switches it off. Null (default): 1
        /// for images and signals, 0 for tokens (integer inputs, patches of a picture), where neighbours need not be alike.
        /// </summary>
        public double? Sigma;

        /// <summary>Lower bound of the standard deviations. 1e-9 to 1e9; default 0.01.</summary>
        public double MinStd = BottleneckDefaults.MinStd;

        /// <summary>A neuron takes part when it is not 0 in more than this share of the rows seen by Fit. 0 to 1; default 0.01.</summary>
        public double ActiveThreshold = LayerStatisticsAccumulator.DefaultActiveThreshold;

        /// <summary>Whether noisy features are clamped at 0, as after a ReLU. Default false.</summary>
        public bool ClampToRelu;

        /// <summary>The model's loss, where the target is a single class; other targets have their own. Default <see cref="BottleneckLoss.CrossEntropy"/>. One of your own works, but cannot be saved.</summary>
        public BottleneckLoss Loss = BottleneckLoss.CrossEntropy;

        /// <summary>Which mask's capacity is reported. Default <see cref="CapacityKind.FinishedMask"/>.</summary>
        public CapacityKind Capacity = CapacityKind.FinishedMask;

        /// <summary>
        /// Seed of the noise. Null (default): drawn from the context's random numbers by Fit. Saved either way; every row sees the
        /// same noise, so that its map depends neither on batch nor on order.
        /// </summary>
        public long? Seed;

        /// <summary>
        /// How many seeds each row is explained with: the seed and those that follow it by 1. Map, bits and capacity are the means, and
        /// <see cref="DeviationColumnName"/> says how far they differ. The time grows with them. 1 to 1000; default 1.
        /// </summary>
        public int Seeds = 1;

        /// <summary>Fit measures at most this many rows, the first ones. At least 2; default 10 000.</summary>
        public int MaximumFitRows = IbaEstimator.Defaults.MaximumFitRows;

        /// <summary>
        /// Whether mean and deviation are taken per channel over all positions instead of per neuron. Null (default): per channel
        /// where the number of positions varies, and where <see cref="AttributionOptions.Model"/> is set, so that the model's file grows by a few kilobytes
        /// and few rows suffice; else per neuron as in the paper.
        /// </summary>
        public bool? PerChannelStatistics;

        /// <summary>A column for the heat map's sum in bits (<see cref="float"/>; a vector where there are several maps). Null (default): none.</summary>
        public string? TotalBitsColumnName;

        /// <summary>
        /// A column for the standard deviation between the maps of the seeds, at each place (vector of <see cref="float"/>, in bits, of the map's size; divisor
        /// <see cref="Seeds"/> - 1). Needs at least 2 seeds. Null (default): none.
        /// </summary>
        public string? DeviationColumnName;

        /// <summary>A column for the standard deviation between the totals of the seeds (<see cref="float"/>, in bits). Needs at least 2 seeds. Null (default): none.</summary>
        public string? TotalBitsDeviationColumnName;

        /// <summary>A column for the class probabilities under the bottleneck (vector of <see cref="float"/>). Null (default): none.</summary>
        public string? ScoresWithBottleneckColumnName;

        /// <summary>
        /// A column for the share of the explained class's probability that is kept (<see cref="float"/>): its probability under the bottleneck, divided
        /// by that without. 0 and above; 1 keeps all of it, and noise may lift it above 1. A low share says that the map leaves out what the prediction
        /// needs: lower <see cref="Beta"/>. Null (default): none.
        /// </summary>
        public string? ProbabilityKeptColumnName;

        /// <summary>
        /// Further layers, each with the name of its column of maps: rows are explained at each of them, too, by an optimisation of its own with the same
        /// <see cref="Beta"/>. Fit reads the rows once for each layer; parts of the data (<see cref="Measure"/>) have one layer. All other columns are those of
        /// <see cref="AttributionOptions.Layer"/>. Null (default): there are none.
        /// </summary>
        public IReadOnlyList<(string OutputColumnName, string Layer)>? FurtherLayers;

        /// <summary>
        /// A column for the sum of the maps of all layers, in bits per pixel: each layer's bits are counted, so that the sum says where, and not how much. Null
        /// (default): none.
        /// </summary>
        public string? LayerSumColumnName;

        /// <summary>A column for the maps of all layers in their order, <c>[layers, H, W]</c>. Null (default): none.</summary>
        public string? LayerStackColumnName;

        /// <summary>A column for the capacity of every neuron of the layer in nats, <c>[C, h, w]</c>. Null (default): none.</summary>
        public string? CapacityColumnName;
#pragma warning restore CA1051

        /// <summary>What is known of bfloat16 on the devices here.</summary>
        internal BFloat16Support BFloat16Support { get; set; } = BFloat16Support.OfThisMachine;

        /// <inheritdoc/>
        internal override IEnumerable<(string? Name, OutputColumnKind Kind)> OutputColumns =>
        [
            (OutputColumnName, OutputColumnKind.Heatmap),
            (TotalBitsColumnName, OutputColumnKind.TotalBits),
            (TargetColumnName, OutputColumnKind.Target),
            (TargetBoxColumnName, OutputColumnKind.TargetBox),
            (ScoresColumnName, OutputColumnKind.Scores),
            (ScoresWithBottleneckColumnName, OutputColumnKind.ScoresWithBottleneck),
            (ProbabilityKeptColumnName, OutputColumnKind.ProbabilityKept),
            (CapacityColumnName, OutputColumnKind.Capacity),
            (OverlayColumnName, OutputColumnKind.Overlay),
            (DegradationColumnName, OutputColumnKind.Degradation),
            (DeviationColumnName, OutputColumnKind.Deviation),
            (TotalBitsDeviationColumnName, OutputColumnKind.TotalBitsDeviation),
            (FailureColumnName, OutputColumnKind.IdentifiedFailure),
            .. EvaluatorColumns,
            (LayerSumColumnName, OutputColumnKind.LayerSum),
            (LayerStackColumnName, OutputColumnKind.LayerStack),
            .. (FurtherLayers ?? []).Select(further => ((string?)further.OutputColumnName, OutputColumnKind.Heatmap)),
        ];
    }
}
