using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

public sealed partial class IbaEstimator
{
    /// <summary>Options of the <see cref="IbaEstimator"/>, as used in
    /// <see cref="IbaCatalog.Iba(TransformsCatalog, Options)"/>.</summary>
    public sealed class Options
    {
#pragma warning disable CA1051 // Options of ML.NET's components are public fields.
        /// <summary>The column of heat maps: bits per pixel <c>[H, W]</c>, or bits per position <c>[L]</c>. Required.</summary>
        public string? OutputColumnName;

        /// <summary>
        /// The column that is explained: an image, a vector of <see cref="float"/>, or a vector of integers or keys (less one).
        /// Null (default): named as <see cref="OutputColumnName"/>.
        /// </summary>
        public string? InputColumnName;

        /// <summary>
        /// The classifier to explain. Required. It stays the caller's: fitted transformers share it and do not dispose it. A
        /// transformer that was loaded from a file owns the network in that file.
        /// </summary>
        public Network? Network;

        /// <summary>The layer whose features pass the bottleneck, a name out of <see cref="Network.Layers"/>. Required.</summary>
        public string? Layer;

        /// <summary>How images of any size become the network's input. Required for an image column, else not allowed.</summary>
        public ImagePreprocessing? Preprocessing;

        /// <summary>
        /// The shape of one row of a vector column, without the batch, for example <c>[3, 224, 224]</c>. It may have another number of
        /// dimensions than the network declares, and as many values: <c>[28, 28]</c> says what picture a row of 784 is, and the network
        /// gets 784. Null (default): the column's own dimensions, or those that the network declares.
        /// </summary>
        public int[]? InputShape;

        /// <summary>
        /// The dimension of the channels in a batch of a vector column's rows: 1 for <c>[N, C, H, W]</c> and <c>[N, C, L]</c>, 2 for
        /// sequences <c>[N, T, F]</c>, 3 for <c>[N, H, W, C]</c>; 0: there are none. The map has the other dimensions, one or two. 0 to 3.
        /// Null (default): told from the sizes of rows and features, and written to the log, with a warning where several fit. Images have
        /// the layout of <see cref="Preprocessing"/>.
        /// </summary>
        public int? InputChannelDimension;

        /// <summary>The network's input that <see cref="InputColumnName"/> feeds. Null (default): the network's first.</summary>
        public string? InputName;

        /// <summary>The network's other inputs (name) and the columns that feed them (value), for example an attention mask.</summary>
        public IDictionary<string, string>? ContextColumns;

        /// <summary>
        /// The network's input that is 1 where a value exists and 0 at padding. Padding carries 0 bits and takes no part in the
        /// statistics. Without an entry in <see cref="ContextColumns"/> it is made from the rows' lengths. Null (default): there is
        /// none, and only rows of equal length share a batch.
        /// </summary>
        public string? MaskInputName;

        /// <summary>
        /// Rows with more values than this are cut, with a warning; what is cut off gets 0 bits. At least 1. Null (default): the length that
        /// the network declares, or no limit.
        /// </summary>
        public int? MaximumLength;

        /// <summary>
        /// A column with the class to explain: an integer, or a key: by its name where all of its values are among <see cref="ClassNames"/>,
        /// else by its number less one. Null (default): <see cref="TargetIndex"/>, or the predicted class.
        /// </summary>
        public string? LabelColumnName;

        /// <summary>The class to explain in every row. Null (default): <see cref="LabelColumnName"/>, or the predicted class.</summary>
        public int? TargetIndex;

        /// <summary>Weight of the information term (beta, equation 5). 0 to 1e9; default 10. Larger lets less information pass.</summary>
        public double Beta = BottleneckDefaults.Beta;

        /// <summary>Optimisation steps (T). 1 to 1,000,000; default 10.</summary>
        public int Steps = BottleneckDefaults.Steps;

        /// <summary>Noisy copies of each row per step (K). 1 to 1,000,000; default 10.</summary>
        public int NoiseCopies = BottleneckDefaults.NoiseCopies;

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

        /// <summary>The model's loss. Default <see cref="BottleneckLoss.CrossEntropy"/>. One of your own works, but cannot be saved.</summary>
        public BottleneckLoss Loss = BottleneckLoss.CrossEntropy;

        /// <summary>Which mask's capacity is reported. Default <see cref="CapacityKind.FinishedMask"/>.</summary>
        public CapacityKind Capacity = CapacityKind.FinishedMask;

        /// <summary>What the network's outputs are. Default <see cref="OutputKind.Auto"/>: decided by Fit and written to the log.</summary>
        public OutputKind Output = OutputKind.Auto;

        /// <summary>
        /// Seed of the noise. Null (default): drawn from the context's random numbers by Fit. Saved either way; every row sees the
        /// same noise, so that its map depends neither on batch nor on order.
        /// </summary>
        public int? Seed;

        /// <summary>
        /// Rows read and computed together. 1 to 65,536; default 8. While they are computed, the next ones are read on another thread; with 1,
        /// rows are taken singly, on the thread that asks for them. Results are the same.
        /// </summary>
        public int BatchSize = IbaDefaults.BatchSize;

        /// <summary>
        /// How many rows of a batch go through the network together, in one pass. At least 1. Null (default): on a GPU the whole batch, within
        /// memory; on a CPU one, so that a row has the same bits in every batch. More make networks with few features faster on a CPU, but
        /// kernels round differently by the number of rows: maps then differ by rounding, which the first steps amplify, behind deep networks
        /// to a thousandth of the largest value.
        /// Not saved: <see cref="IbaTransformer.RowsPerPass"/> sets it for a transformer that was loaded.
        /// </summary>
        public int? RowsPerPass;

        /// <summary>
        /// How many passes are computed at once on a CPU, each on a thread of its own that uses libtorch's threads. At least 1. Null
        /// (default): as many as the first batches show to be the fastest, within <see cref="MemoryBudget"/>: more than one only for small
        /// networks, and only where libtorch has all processors (see <c>OMP_NUM_THREADS</c>). TorchSharp and TorchScript networks, and a loss
        /// of your own, compute one pass after the other. Results are the same. Not saved: <see cref="IbaTransformer.PassesAtOnce"/> sets it
        /// for a transformer that was loaded.
        /// </summary>
        public int? PassesAtOnce;

        /// <summary>
        /// About how much memory, in bytes, the rows that are computed at once may take together: an estimate from the sizes of the network's
        /// results, see <see cref="BottleneckOptions.MemoryBudget"/>. Weights are not in it, and one row is always computed. 0 (default):
        /// half of the machine's memory (or the container's) for rows on several threads, no bound for rows that share a pass. Not
        /// saved: <see cref="IbaTransformer.MemoryBudget"/> sets it for a transformer that was loaded.
        /// </summary>
        public long MemoryBudget;

        /// <summary>Fit measures at most this many rows, the first ones. At least 2; default 10 000.</summary>
        public int MaximumFitRows = IbaDefaults.MaximumFitRows;

        /// <summary>
        /// Whether mean and deviation are taken per channel over all positions instead of per neuron. Null (default): per channel
        /// where the number of positions varies, else per neuron as in the paper.
        /// </summary>
        public bool? PerChannelStatistics;

        /// <summary>
        /// The dimension of the channels in the layer's features: 1 for <c>[N, C, H, W]</c> and <c>[N, C, L]</c>, 2 for tokens
        /// <c>[N, T, D]</c>, 3 for <c>[N, H, W, C]</c>. Null (default): told from the sizes of features and input, and written to the log,
        /// with a warning where several fit. Over an image, tokens and <c>L</c> must be a grid, row by row; tokens before it (class,
        /// registers) count in the capacity, but have no place in the map.
        /// </summary>
        public int? ChannelDimension;

        /// <summary>What happens to a row that cannot be explained. Default <see cref="BadRowHandling.Throw"/>.</summary>
        public BadRowHandling BadRows = BadRowHandling.Throw;

        /// <summary>Names of the classes, in the network's order; the score columns carry them as slot names. Null (default): none.</summary>
        public string[]? ClassNames;

        /// <summary>A column for the heat map's sum in bits (<see cref="float"/>). Null (default): none.</summary>
        public string? TotalBitsColumnName;

        /// <summary>A column for the explained class (<see cref="int"/>, counted from 0). Null (default): none.</summary>
        public string? TargetColumnName;

        /// <summary>A column for the class probabilities without bottleneck (vector of <see cref="float"/>). Null (default): none.</summary>
        public string? ScoresColumnName;

        /// <summary>A column for the class probabilities under the bottleneck (vector of <see cref="float"/>). Null (default): none.</summary>
        public string? ScoresWithBottleneckColumnName;

        /// <summary>A column for the capacity of every neuron of the layer in nats, <c>[C, h, w]</c>. Null (default): none.</summary>
        public string? CapacityColumnName;

        /// <summary>
        /// A column for the heat map drawn over the grey photograph (<see cref="MLImage"/>; the reader disposes it). Needs an image
        /// column. Null (default): none.
        /// </summary>
        public string? OverlayColumnName;

        /// <summary>The GPU to run on. Null (default): <see cref="MLContext.GpuDeviceId"/>, or where the network lies. Not saved.</summary>
        public int? GpuDeviceId;

        /// <summary>
        /// Whether to go on, on the CPU, where there is no such GPU. Null (default): <see cref="MLContext.FallbackToCpu"/>. Not saved.
        /// </summary>
        public bool? FallbackToCpu;

        /// <summary>Told about progress after every batch, on the thread that computes. Not saved. Null (default): nobody.</summary>
        public IProgress<IbaProgress>? Progress;
#pragma warning restore CA1051

        /// <summary>A copy that later changes of this, also of its arrays, leave alone.</summary>
        internal Options Clone()
        {
            var copy = (Options)MemberwiseClone();
            copy.InputShape = InputShape?.ToArray();
            copy.ClassNames = ClassNames?.ToArray();
            copy.ContextColumns = ContextColumns?.ToDictionary();
            return copy;
        }
    }
}
