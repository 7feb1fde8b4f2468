using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet;

public sealed partial class IbaReadoutEstimator
{
    /// <summary>Options of the <see cref="IbaReadoutEstimator"/>, as used in
    /// <see cref="IbaReadoutCatalog.IbaReadout(TransformsCatalog, Options)"/>.</summary>
    public sealed class Options : AttributionOptions
    {
#pragma warning disable CA1051 // Options of ML.NET's components are public fields.
        /// <summary>
        /// The layers that are read, names out of <see cref="Network.Layers"/>, before or behind <see cref="AttributionOptions.Layer"/>. Null (default):
        /// chosen by Fit, and written to the log. Of pictures the last layer of each fineness, 1/2 to 1/32 of the input's side; of tokens the first one
        /// of positions and those behind a quarter, half and three quarters of the work; and the bottleneck's own.
        /// </summary>
        public string[]? ReadoutLayers;

        /// <summary>Weight of the information term (beta, equation 5). 0 to 1e9; default 10, the paper's. Larger lets less information pass.</summary>
        public double Beta = BottleneckDefaults.Beta;

        /// <inheritdoc cref="IbaEstimator.Options.Sigma"/>
        public double? Sigma;

        /// <inheritdoc cref="IbaEstimator.Options.MinStd"/>
        public double MinStd = BottleneckDefaults.MinStd;

        /// <inheritdoc cref="IbaEstimator.Options.ActiveThreshold"/>
        public double ActiveThreshold = LayerStatisticsAccumulator.DefaultActiveThreshold;

        /// <inheritdoc cref="IbaEstimator.Options.ClampToRelu"/>
        public bool ClampToRelu;

        /// <inheritdoc cref="ReadoutOptions.InitialAlpha"/>
        public double InitialAlpha = new ReadoutOptions().InitialAlpha;

        /// <inheritdoc cref="ReadoutOptions.NoiseCopies"/>
        public int NoiseCopies = new ReadoutOptions().NoiseCopies;

        /// <inheritdoc cref="ReadoutOptions.Noise"/>
        public NoiseKind Noise = new ReadoutOptions().Noise;

        /// <inheritdoc cref="BottleneckOptions.Loss"/>
        public BottleneckLoss Loss = BottleneckLoss.CrossEntropy;

        /// <inheritdoc cref="ReadoutOptions.Epochs"/>
        public int Epochs = new ReadoutOptions().Epochs;

        /// <inheritdoc cref="ReadoutOptions.BatchSize"/>
        public int TrainingBatchSize = new ReadoutOptions().BatchSize;

        /// <inheritdoc cref="ReadoutOptions.LearningRate"/>
        public double LearningRate = new ReadoutOptions().LearningRate;

        /// <inheritdoc cref="ReadoutOptions.Patience"/>
        public int? Patience;

        /// <inheritdoc cref="ReadoutOptions.MinimumGain"/>
        public double MinimumGain = new ReadoutOptions().MinimumGain;

        /// <summary>Seed of the first weights and of the noise. Null (default): drawn from the context's random numbers by Fit. Saved either way.</summary>
        public long? Seed;

        /// <summary>Fit trains on at most this many rows, the first ones. At least 2; default 10 000.</summary>
        public int MaximumFitRows = IbaEstimator.Defaults.MaximumFitRows;

        /// <inheritdoc cref="IbaEstimator.Options.PerChannelStatistics"/>
        public bool? PerChannelStatistics;

        /// <summary>A column for the heat map's sum in bits (<see cref="float"/>). Null (default): none.</summary>
        public string? TotalBitsColumnName;

        /// <summary>A column for the capacity of every neuron of the layer in nats, <c>[C, h, w]</c>. Null (default): none.</summary>
        public string? CapacityColumnName;
#pragma warning restore CA1051

        /// <summary>
        /// A file that has the training's state after every epoch. Where it is there when Fit begins, Fit goes on with it, and gives the bits of a training
        /// that never stopped; it is refused where network, layers or options are others. Left there at the end. Null (default): none.
        /// </summary>
        public string? CheckpointPath { get; set; }

        /// <summary>Told about every epoch, on the thread that trains. Null (default): nobody; the log has them, too.</summary>
        public IProgress<ReadoutEpoch>? TrainingProgress { get; set; }

        /// <inheritdoc/>
        internal override IEnumerable<(string? Name, OutputColumnKind Kind)> OutputColumns =>
        [
            (OutputColumnName, OutputColumnKind.Heatmap),
            (TotalBitsColumnName, OutputColumnKind.TotalBits),
            (TargetColumnName, OutputColumnKind.Target),
            (ScoresColumnName, OutputColumnKind.Scores),
            (CapacityColumnName, OutputColumnKind.Capacity),
            (OverlayColumnName, OutputColumnKind.Overlay),
            (FailureColumnName, OutputColumnKind.Failure),
            .. EvaluatorColumns,
        ];
    }
}
