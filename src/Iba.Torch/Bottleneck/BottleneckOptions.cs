using System.Globalization;
using System.Runtime.CompilerServices;

namespace Iba.Torch;

/// <summary>Options of <see cref="PerSampleBottleneck"/>; the defaults are the paper's (Schulz et al. 2020, section 3.2 and appendix).</summary>
public sealed class BottleneckOptions
{
    private int? _noiseCopies;
    private NoiseKind? _noise;
    private TailPrecision? _tailPrecision;
    private int[]? _copiesPerStep;

    /// <summary>
    /// Where <see cref="NoiseCopies"/>, <see cref="CopiesPerStep"/> and <see cref="Noise"/> come from as long as they are not set. Default
    /// <see cref="IbaPreset.Paper"/>.
    /// </summary>
    public IbaPreset Preset { get; set; }

    /// <summary>Weight of the information term against the model's loss (beta, equation 5). 0 to 1e9; default 10. Larger passes less.</summary>
    public double Beta { get; set; } = BottleneckDefaults.Beta;

    /// <summary>Optimisation steps (T). 1 to 1,000,000; default 10.</summary>
    public int Steps { get; set; } = BottleneckDefaults.Steps;

    /// <summary>
    /// Noisy copies of each image per step (K); where steps differ, the most that one has. 1 to 1,000,000; default 10, or what <see cref="Preset"/> says.
    /// </summary>
    public int NoiseCopies
    {
        get => _noiseCopies ?? (CopiesPerStep is { Count: > 0 } copies ? copies.Max() : PresetSettings.Of(Preset).NoiseCopies);
        set => _noiseCopies = value;
    }

    /// <summary>
    /// Noisy copies of each step, as many numbers as <see cref="Steps"/>, in place of <see cref="NoiseCopies"/>: few cost little at first, where nearly everything
    /// passes, and at the end. Each 1 to 1,000,000. Null (default): the same in every step, or what <see cref="Preset"/> says, unless <see cref="NoiseCopies"/> is set.
    /// </summary>
    public IReadOnlyList<int>? CopiesPerStep
    {
        get => _copiesPerStep ?? (_noiseCopies is null ? PresetSettings.Of(Preset).CopiesPerStep(Steps, InitialAlpha, LearningRate) : null);
        set => _copiesPerStep = value is null ? null : [.. value];
    }

    /// <summary>Adam's learning rate. Above 0, up to 1e6; default 1.</summary>
    public double LearningRate { get; set; } = BottleneckDefaults.LearningRate;

    /// <summary>Start of alpha everywhere, -60 to 60; lambda = sigmoid(alpha). Default 5 (lambda 0.993: nearly everything passes).</summary>
    public double InitialAlpha { get; set; } = BottleneckDefaults.InitialAlpha;

    /// <summary>
    /// Standard deviation of the Gaussian that smooths the mask, in positions of the layer, 0 to 1000. 0 switches it off; default 1.
    /// </summary>
    public double Sigma { get; set; } = BottleneckDefaults.Sigma;

    /// <summary>Lower bound of the standard deviations. 1e-9 to 1e9; default 0.01.</summary>
    public double MinStd { get; set; } = BottleneckDefaults.MinStd;

    /// <summary>Whether noisy features are clamped at 0, as after a ReLU. Default false.</summary>
    public bool ClampToRelu { get; set; }

    /// <summary>How the copies' noise is drawn. Default <see cref="NoiseKind.Independent"/>, the paper's, or what <see cref="Preset"/> says.</summary>
    public NoiseKind Noise
    {
        get => _noise ?? PresetSettings.Of(Preset).Noise;
        set => _noise = value;
    }

    /// <summary>Seed of the noise. The same for every image: a result depends on the image and on this, not on batch or order. Default 0.</summary>
    public long Seed { get; set; }

    /// <summary>
    /// How many seeds a row is explained with: <see cref="Seed"/> and those that follow it by 1. The result is the mean over them, and
    /// <see cref="BottleneckResult.SeedMaps"/> has the map of each. The time grows with them. 1 to 1000; default 1.
    /// </summary>
    public int Seeds { get; set; } = 1;

    /// <summary>What the tail's outputs are. Default <see cref="OutputKind.Auto"/>.</summary>
    public OutputKind Output { get; set; } = OutputKind.Auto;

    /// <summary>
    /// The model's loss, which weighs against the information, where the target is a single class; other targets have a loss of their own, and refuse another than
    /// the default. Default <see cref="BottleneckLoss.CrossEntropy"/>, the paper's.
    /// </summary>
    public BottleneckLoss Loss { get; set; } = BottleneckLoss.CrossEntropy;

    /// <summary>
    /// The element type of the network behind the layer. Saved: it is part of the result. Default <see cref="TailPrecision.Float32"/>, or what
    /// <see cref="Preset"/> says.
    /// </summary>
    public TailPrecision TailPrecision
    {
        get => _tailPrecision ?? PresetSettings.Of(Preset).TailPrecision;
        set => _tailPrecision = value;
    }

    /// <summary>Where and how rows are computed. Not saved.</summary>
    public ExecutionOptions Execution { get; set; } = new();

    /// <summary>
    /// <see cref="ExecutionOptions.RowsPerPass"/>: at most this many rows (each with <see cref="NoiseCopies"/> copies) go through the tail at
    /// once. 0: no bound. At least 0; default 0.
    /// </summary>
    public int MaxRowsPerPass
    {
        get => Execution.RowsPerPass ?? 0;
        set => Execution.RowsPerPass = value == 0 ? null : value;
    }

    /// <summary><see cref="ExecutionOptions.MemoryBudget"/>, in bytes. 0: no bound. At least 0; default 0.</summary>
    public long MemoryBudget
    {
        get => Execution.MemoryBudget ?? 0;
        set => Execution.MemoryBudget = value == 0 ? null : value;
    }

    /// <summary>
    /// Whether the map shows the capacity of the last forward pass, before the last update, instead of the finished mask's: what the paper's
    /// own implementation reports. Default false.
    /// </summary>
    public bool MapsLastForward { get; set; }

    /// <summary>
    /// Whether <see cref="BottleneckResult.ProbabilitiesWithBottleneck"/> is measured under the finished mask, for one more forward pass
    /// of the tail; else it is what the last step saw, before the last update. Default false.
    /// </summary>
    public bool EvaluateFinishedMask { get; set; }

    /// <summary>What is known of bfloat16 on the devices here. Not saved.</summary>
    internal BFloat16Support BFloat16Support { get; set; } = BFloat16Support.OfThisMachine;

    /// <summary>The largest number of copies of a step.</summary>
    internal int MostCopies => _copiesPerStep?.Max() ?? NoiseCopies;

    /// <summary>The number of copies of a step, 0 to T - 1.</summary>
    internal int CopiesOf(int step) => _copiesPerStep?[step] ?? _noiseCopies ?? PresetSettings.Of(Preset).CopiesOf(step, InitialAlpha, LearningRate);

    /// <summary>Throws when an option is out of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the option, the value found and the values allowed.</exception>
    internal void Validate()
    {
        Require(Beta is >= 0 and <= 1e9, Beta, "0 to 1e9");
        Require(Steps is >= 1 and <= 1_000_000, Steps, "1 to 1,000,000");
        Require(Enum.IsDefined(Preset), Preset, string.Join(", ", Enum.GetNames<IbaPreset>()));
        if (CopiesPerStep is { } copies)
        {
            Require(copies.Count == Steps, $"{copies.Count} numbers", $"as many as {nameof(Steps)}, {Steps}", nameof(CopiesPerStep));
            Require(copies.All(count => count is >= 1 and <= 1_000_000), string.Join(", ", copies), "numbers of 1 to 1,000,000", nameof(CopiesPerStep));
        }

        Require(NoiseCopies is >= 1 and <= 1_000_000, NoiseCopies, "1 to 1,000,000");
        Require(LearningRate is > 0 and <= 1e6, LearningRate, "above 0, up to 1e6");
        Require(Math.Abs(InitialAlpha) <= 60, InitialAlpha, "-60 to 60");
        Require(Sigma is >= 0 and <= 1000, Sigma, "0 (off) to 1000");
        Require(MinStd is >= 1e-9 and <= 1e9, MinStd, "1e-9 to 1e9");
        Require(Seeds is >= 1 and <= 1000, Seeds, "1 to 1000");
        Require(Enum.IsDefined(Noise), Noise, string.Join(", ", Enum.GetNames<NoiseKind>()));
        Require(Enum.IsDefined(Output), Output, string.Join(", ", Enum.GetNames<OutputKind>()));
        Require(Enum.IsDefined(TailPrecision), TailPrecision, string.Join(", ", Enum.GetNames<TailPrecision>()));
        Require(Loss is not null, Loss, string.Join(", ", BottleneckLoss.All.Select(loss => loss.Name)) + " or a loss of your own");
        Require(MaxRowsPerPass >= 0, MaxRowsPerPass, "0 (no bound) or more");
        Require(MemoryBudget >= 0, MemoryBudget, "0 (no bound) or more bytes");
        Execution.Validate();

        static void Require<T>(bool holds, T value, string allowed, [CallerArgumentExpression(nameof(value))] string name = "")
        {
            // As it is written in a program, not as the user's culture writes it.
            if (!holds) throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"{name} is {(object?)value ?? "null"}; allowed: {allowed}."));
        }
    }

    /// <summary>A copy, which later changes of this one do not reach.</summary>
    internal BottleneckOptions Copy()
    {
        var copy = (BottleneckOptions)MemberwiseClone();
        copy.Execution = Execution.Copy();
        return copy;
    }

    // *** Binary format ***
    // double: beta; int: steps; int: noise copies, or minus the number of steps, and then an int for each; double: learning rate; double: initial alpha; double: sigma; double: minimum
    // deviation; bool: clamp to ReLU; long: seed; int: output kind; string: name of the loss; bool: evaluate finished mask
    // bool: maps last forward; int: kind of noise; int: number of seeds (not before version 0x00010004 of the transformer); int: tail precision (0x00010005)
    /// <summary>Writes everything but <see cref="Execution"/> and what is known of the machine.</summary>
    /// <exception cref="InvalidOperationException">The loss is one of your own.</exception>
    internal void Save(BinaryWriter writer)
    {
        if (!BottleneckLoss.All.Contains(Loss))
        {
            throw new InvalidOperationException(
                $"The loss is one of your own, which cannot be saved. Use one of BottleneckLoss.All: {string.Join(", ", BottleneckLoss.All)}.");
        }

        writer.Write(Beta);
        writer.Write(Steps);
        WriteCopies(writer);
        writer.Write(LearningRate);
        writer.Write(InitialAlpha);
        writer.Write(Sigma);
        writer.Write(MinStd);
        writer.Write(ClampToRelu);
        writer.Write(Seed);
        writer.Write((int)Output);
        writer.Write(Loss.Name);
        writer.Write(EvaluateFinishedMask);
        writer.Write(MapsLastForward);
        writer.Write((int)Noise);
        writer.Write(Seeds);
        writer.Write((int)TailPrecision);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="reader">Where to read.</param>
    /// <param name="hasSeeds">Whether the number of seeds is there: earlier versions had one seed.</param>
    /// <param name="hasTailPrecision">Whether it is there: earlier versions computed in float32.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or there is no loss of that name.</exception>
    internal static BottleneckOptions Load(BinaryReader reader, bool hasSeeds = true, bool hasTailPrecision = true)
    {
        var options = LoadNumbers(reader);
        options.Loss = BottleneckLoss.Parse(reader.ReadString());
        options.EvaluateFinishedMask = reader.ReadBoolean();
        options.MapsLastForward = reader.ReadBoolean();
        options.Noise = (NoiseKind)reader.ReadInt32();
        if (hasSeeds) options.Seeds = reader.ReadInt32();
        if (hasTailPrecision) options.TailPrecision = (TailPrecision)reader.ReadInt32();
        options.Validate();
        return options;
    }

    /// <summary>Reads what comes before the loss.</summary>
    internal static BottleneckOptions LoadNumbers(BinaryReader reader)
    {
        var options = new BottleneckOptions { Beta = reader.ReadDouble(), Steps = reader.ReadInt32() };
        options.ReadCopies(reader);
        options.LearningRate = reader.ReadDouble();
        options.InitialAlpha = reader.ReadDouble();
        options.Sigma = reader.ReadDouble();
        options.MinStd = reader.ReadDouble();
        options.ClampToRelu = reader.ReadBoolean();
        options.Seed = reader.ReadInt64();
        options.Output = (OutputKind)reader.ReadInt32();
        return options;
    }

    // What a preset says may change with the library: what it stood for is written.
    private void WriteCopies(BinaryWriter writer)
    {
        if (CopiesPerStep is not { } copies)
        {
            writer.Write(NoiseCopies);
            return;
        }

        writer.Write(-copies.Count);
        foreach (int count in copies) writer.Write(count);
    }

    private void ReadCopies(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count >= 0)
        {
            NoiseCopies = count;
            return;
        }

        var copies = new List<int>();
        for (; count < 0 && copies.Count < Steps; count++) copies.Add(reader.ReadInt32());
        if (count < 0 || copies.Count < Steps) throw new ArgumentOutOfRangeException(nameof(reader), "There are not as many numbers of copies as steps.");
        CopiesPerStep = copies;
    }
}
