using System.Globalization;
using System.Text;
using Iba.Torch;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>
/// What <see cref="IbaEstimator.Measure"/> learned of a layer from a part of the data. Parts that were measured on several machines merge,
/// and give the same statistics as all of the data in one go (sums are kept in float64; mean and deviation agree to 1e-7 of their value).
/// </summary>
/// <remarks>It knows the weights that it was measured on: parts of other weights do not merge, nor fit another network.</remarks>
public sealed class LayerMeasurement : IDisposable
{
    private const string Signature = "iba-measurement";
    private const int Version = 2;

    /// <summary>Without moments of outputs, the format is the first one still.</summary>
    private const int VersionWithoutOutputs = 1;

    private readonly LayerStatisticsAccumulator _accumulator;

    /// <param name="layer">The layer.</param>
    /// <param name="fingerprint">The fingerprint of the weights up to the layer; null: not known.</param>
    /// <param name="facts">What the rows showed of the layer.</param>
    /// <param name="accumulator">Owned.</param>
    internal LayerMeasurement(string layer, string? fingerprint, LayerFacts facts, LayerStatisticsAccumulator accumulator)
    {
        Layer = layer;
        Fingerprint = fingerprint;
        Facts = facts;
        _accumulator = accumulator;
    }

    /// <summary>The layer that was measured.</summary>
    public string Layer { get; }

    /// <summary>The number of rows measured.</summary>
    public long Rows => _accumulator.Count;

    /// <summary>A hash of the weights of the layer and of all before it, see <see cref="SplitNetwork.HeadFingerprint"/>; null: the network does not tell.</summary>
    public string? Fingerprint { get; }

    internal LayerFacts Facts { get; private set; }

    internal bool PerChannel => _accumulator.PerChannel;

    /// <summary>What was measured of the network's outputs; null: nothing, since no target asked for it.</summary>
    internal OutputMoments? Outputs { get; init; }

    /// <summary>Adds what was measured on another part of the data.</summary>
    /// <param name="other">Left as it is.</param>
    /// <exception cref="ArgumentException">The other one was measured on another layer, other weights, or rows of another kind.</exception>
    public void Merge(LayerMeasurement other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Layer != Layer)
        {
            throw new ArgumentException($"One part was measured at layer '{Layer}', the other at '{other.Layer}': measure both at one layer.", nameof(other));
        }

        if (other.Fingerprint != Fingerprint)
        {
            throw new ArgumentException(
                $"The parts were measured with other weights up to layer '{Layer}' ({Short(Fingerprint)} and {Short(other.Fingerprint)}): measure both with one network.",
                nameof(other));
        }

        if (!Facts.Input.Agrees(other.Facts.Input))
        {
            throw new ArgumentException(
                $"The parts read their rows in different ways, from '{Facts.Input.ExplainedColumn.ColumnName}' and '{other.Facts.Input.ExplainedColumn.ColumnName}': " +
                "columns, shapes, preprocessing and mask must be the same. Measure both with the same options.",
                nameof(other));
        }

        if (!Facts.Agrees(other.Facts))
        {
            throw new ArgumentException(
                $"The parts read layer '{Layer}' in different ways ({Describe(Facts)}; {Describe(other.Facts)}): say with the options which is meant, and measure again.",
                nameof(other));
        }

        if ((Outputs == null) != (other.Outputs == null))
        {
            throw new ArgumentException("One part was measured for a target that is a value, and the other was not: measure both with the same options.", nameof(other));
        }

        _accumulator.Merge(other._accumulator);
        Outputs?.Merge(other.Outputs!);
        var input = Facts.Input with { SharesLengths = Facts.Input.SharesLengths && other.Facts.Input.SharesLengths };
        Facts = Facts with { Input = input, FeatureShape = Facts.FeatureShape.Zip(other.Facts.FeatureShape, (one, two) => one == two ? one : -1).ToArray() };
    }

    // *** Binary format ***
    // string: "iba-measurement"; int: version
    // string: layer; text or null: fingerprint
    // facts: see LayerFacts
    // state: see LayerStatisticsAccumulator
    // from version 2 on: outputs: see OutputMoments
    // 32 bytes: SHA-256 of all of that
    /// <summary>Writes the measurement, so that another process can merge it or fit on it.</summary>
    /// <param name="stream">Where to write; left open.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var hashed = new HashedStream(stream);
        using var writer = new BinaryWriter(hashed, Encoding.UTF8, leaveOpen: true);
        writer.Write(Signature);
        writer.Write(Outputs == null ? VersionWithoutOutputs : Version);
        writer.Write(Layer);
        writer.WriteText(Fingerprint);
        Facts.Save(writer);
        _accumulator.Save(writer);
        Outputs?.Save(writer);
        writer.Flush();
        hashed.WriteHash();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="stream">Where to read; left open.</param>
    /// <exception cref="InvalidDataException">The bytes are no measurement, damaged, or of a newer version.</exception>
    public static LayerMeasurement Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        TorchLibrary.EnsureLoaded();
        using var hashed = new HashedStream(stream);
        using var reader = new BinaryReader(hashed, Encoding.UTF8, leaveOpen: true);
        LayerStatisticsAccumulator? accumulator = null;
        try
        {
            if (reader.ReadString() != Signature) throw new InvalidDataException("this is no measurement of a layer.");
            int version = reader.ReadInt32();
            if (version is < 1 or > Version)
            {
                throw new InvalidDataException($"it was saved in format {version}; this version of Iba.MLNet reads 1 to {Version}: update it.");
            }

            string layer = reader.ReadString();
            var settings = new SettingsReader(reader);
            string? fingerprint = settings.ReadString();
            var facts = LayerFacts.Load(settings);
            accumulator = LayerStatisticsAccumulator.Load(reader);
            var outputs = version > VersionWithoutOutputs ? OutputMoments.Load(settings) : null;
            hashed.CheckHash();
            return new LayerMeasurement(layer, fingerprint, facts, accumulator) { Outputs = outputs };
        }
        catch (Exception failure)
        {
            accumulator?.Dispose();
            // A text of a negative length is an IOException.
            if (failure is not (InvalidDataException or IOException or FormatException or ArgumentException)) throw;
            throw new InvalidDataException($"The measurement is cut off, damaged or of another version: {failure.Message}", failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _accumulator.Dispose();

    /// <summary>Mean, deviation and activity.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="channel">Where it is said what came out.</param>
    /// <param name="activeThreshold">A neuron takes part when it is not 0 in more than this share of the rows.</param>
    /// <exception cref="InvalidOperationException">The layer carries no information, or values too large to compute with.</exception>
    internal LayerStatistics ToStatistics(IHost host, IChannel channel, double activeThreshold)
    {
        var statistics = _accumulator.ToStatistics(activeThreshold);
        try
        {
            using var scope = torch.NewDisposeScope();
            if (statistics.Std.max().item<float>() == 0)
            {
                throw host.Except($"Layer '{Layer}' gave the same values in all {Rows} rows: it cannot carry information. Choose another layer, or check the data.");
            }

            float largest = statistics.Largest();
            if (!(largest < LayerStatistics.LargestValue))
            {
                throw host.Except(
                    $"Layer '{Layer}' has means or deviations of {largest.ToString("G3", CultureInfo.InvariantCulture)}, too large to compute with: look for extreme values in the {Rows} rows.");
            }

            if (!statistics.Active.any().item<bool>())
            {
                throw host.ExceptUserArg(
                    nameof(MeasuringOptions.ActiveThreshold),
                    $"{nameof(MeasuringOptions.ActiveThreshold)} is {activeThreshold}: nothing of layer '{Layer}' is active in a larger share of the rows. Lower it.");
            }

            channel.Info("Fitted on {0} rows; {1} of {2} {3} are active.", Rows, statistics.Active.sum().item<long>(), statistics.Active.numel(),
                statistics.PerChannel ? "channels" : "neurons");
            return statistics;
        }
        catch
        {
            statistics.Dispose();
            throw;
        }
    }

    private static string Short(string? fingerprint) => fingerprint is null ? "unknown" : fingerprint[..Math.Min(8, fingerprint.Length)];

    private static string Describe(LayerFacts facts)
        => $"features {Shapes.Format(facts.FeatureShape)} with channels in dimension {facts.ChannelDimension}, {facts.ClassCount} classes, {facts.Output}";
}
