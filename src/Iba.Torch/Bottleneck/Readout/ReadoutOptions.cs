using System.Globalization;
using System.Runtime.CompilerServices;

namespace Iba.Torch;

/// <summary>Options of <see cref="ReadoutTraining"/>. Those of the bottleneck itself mean what they mean in <see cref="BottleneckOptions"/>.</summary>
public sealed class ReadoutOptions
{
    /// <inheritdoc cref="BottleneckOptions.Beta"/>
    public double Beta { get; set; } = BottleneckDefaults.Beta;

    /// <inheritdoc cref="BottleneckOptions.Sigma"/>
    public double Sigma { get; set; } = BottleneckDefaults.Sigma;

    /// <inheritdoc cref="BottleneckOptions.MinStd"/>
    public double MinStd { get; set; } = BottleneckDefaults.MinStd;

    /// <inheritdoc cref="BottleneckOptions.ClampToRelu"/>
    public bool ClampToRelu { get; set; }

    /// <summary>
    /// What alpha is nearly, everywhere, before training, -60 to 60; lambda = sigmoid(alpha). Default 0 (lambda 0.5): from the 5 of the per-sample bottleneck,
    /// where hardly any noise comes in, the way down tells nothing of the network.
    /// </summary>
    public double InitialAlpha { get; set; }

    /// <summary>Noisy copies of each row in each epoch (K). 1 to 1,000,000; default 4: every epoch draws others.</summary>
    public int NoiseCopies { get; set; } = 4;

    /// <summary>How the copies' noise is drawn. Default <see cref="NoiseKind.Paired"/>.</summary>
    public NoiseKind Noise { get; set; } = NoiseKind.Paired;

    /// <summary>Seed of the first weights and of the noise. Default 0.</summary>
    public long Seed { get; set; }

    /// <inheritdoc cref="BottleneckOptions.Output"/>
    public OutputKind Output { get; set; } = OutputKind.Auto;

    /// <inheritdoc cref="BottleneckOptions.Loss"/>
    public BottleneckLoss Loss { get; set; } = BottleneckLoss.CrossEntropy;

    /// <summary>
    /// What the maps keep of each row: the readout learns it, and explains nothing else. Default <see cref="ExplanationTarget.PredictedClass"/>. The
    /// maps themselves do not see the target: <see cref="ExplanationTarget.Label"/> learns from rows with labels what speaks for them.
    /// </summary>
    public ExplanationTarget Target { get; set; } = ExplanationTarget.PredictedClass;

    /// <summary>How often training sees each row, at most. 1 to 1,000,000; default 20.</summary>
    public int Epochs { get; set; } = 20;

    /// <summary>Rows whose mean gradient makes one update of the weights. 1 to 65,536; default 4.</summary>
    public int BatchSize { get; set; } = 4;

    /// <summary>
    /// Adam's learning rate. Above 0, up to 1e6; default 0.0003. Too large a one closes the mask for good: the loss of the model rises to that of guessing, and stays.
    /// </summary>
    public double LearningRate { get; set; } = 3e-4;

    /// <summary>
    /// Training ends after so many epochs in a row in which the mean loss did not fall below <c>(1 - MinimumGain)</c> of the least before. At least 1.
    /// Null (default): it goes on to the last epoch.
    /// </summary>
    public int? Patience { get; set; }

    /// <summary>By what share an epoch has to lower the loss for <see cref="Patience"/>. 0 to 1; default 0.01.</summary>
    public double MinimumGain { get; set; } = 0.01;

    /// <summary>What the bottleneck itself is told.</summary>
    internal BottleneckOptions ToBottleneck() => new()
    {
        Beta = Beta,
        Sigma = Sigma,
        MinStd = MinStd,
        ClampToRelu = ClampToRelu,
        InitialAlpha = InitialAlpha,
        NoiseCopies = NoiseCopies,
        Noise = Noise,
        Seed = Seed,
        Output = Output,
        Loss = Loss,
    };

    /// <summary>Throws when an option is out of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, the value found and the values allowed.</exception>
    internal void Validate()
    {
        ToBottleneck().Validate();
        Require(Target is OneClassTarget, Target, $"one class: {ExplanationTarget.PredictedClass}, {ExplanationTarget.Label}, {nameof(ExplanationTarget)}.{nameof(ExplanationTarget.Class)}");
        Require(Epochs is >= 1 and <= 1_000_000, Epochs, "1 to 1,000,000");
        Require(BatchSize is >= 1 and <= 65_536, BatchSize, "1 to 65,536");
        Require(LearningRate is > 0 and <= 1e6, LearningRate, "above 0, up to 1e6");
        Require(Patience is null or >= 1, Patience, "at least 1, or null");
        Require(MinimumGain is >= 0 and <= 1, MinimumGain, "0 to 1");

        static void Require<T>(bool holds, T value, string allowed, [CallerArgumentExpression(nameof(value))] string name = "")
        {
            if (!holds) throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {(object?)value ?? "null"}; allowed: {allowed}."));
        }
    }

    /// <summary>A copy, which later changes of this one do not reach.</summary>
    internal ReadoutOptions Copy() => (ReadoutOptions)MemberwiseClone();

    // *** Binary format ***
    // double: beta; double: sigma; double: minimum deviation; bool: clamp to ReLU; double: initial alpha; int: noise copies; int: kind of noise
    // long: seed; int: output kind; string: name of the loss; string: name of the target
    // int: epochs; int: batch size; double: learning rate; int: patience, 0 for none; double: minimum gain
    /// <summary>Writes the options.</summary>
    /// <exception cref="InvalidOperationException">The loss is one of your own.</exception>
    internal void Save(BinaryWriter writer)
    {
        if (!BottleneckLoss.All.Contains(Loss))
        {
            throw new InvalidOperationException(
                $"The loss is one of your own, which cannot be saved. Use one of BottleneckLoss.All: {string.Join(", ", BottleneckLoss.All)}.");
        }

        writer.Write(Beta);
        writer.Write(Sigma);
        writer.Write(MinStd);
        writer.Write(ClampToRelu);
        writer.Write(InitialAlpha);
        writer.Write(NoiseCopies);
        writer.Write((int)Noise);
        writer.Write(Seed);
        writer.Write((int)Output);
        writer.Write(Loss.Name);
        writer.Write(Target.Name);
        writer.Write(Epochs);
        writer.Write(BatchSize);
        writer.Write(LearningRate);
        writer.Write(Patience ?? 0);
        writer.Write(MinimumGain);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="ArgumentException">An option is out of its range, or there is no loss or target of that name.</exception>
    internal static ReadoutOptions Load(BinaryReader reader)
    {
        var options = new ReadoutOptions
        {
            Beta = reader.ReadDouble(),
            Sigma = reader.ReadDouble(),
            MinStd = reader.ReadDouble(),
            ClampToRelu = reader.ReadBoolean(),
            InitialAlpha = reader.ReadDouble(),
            NoiseCopies = reader.ReadInt32(),
            Noise = (NoiseKind)reader.ReadInt32(),
            Seed = reader.ReadInt64(),
            Output = (OutputKind)reader.ReadInt32(),
            Loss = BottleneckLoss.Parse(reader.ReadString()),
            Target = ExplanationTarget.Parse(reader.ReadString()),
            Epochs = reader.ReadInt32(),
            BatchSize = reader.ReadInt32(),
            LearningRate = reader.ReadDouble(),
            Patience = reader.ReadInt32() is > 0 and var patience ? patience : null,
            MinimumGain = reader.ReadDouble(),
        };
        options.Validate();
        return options;
    }
}
