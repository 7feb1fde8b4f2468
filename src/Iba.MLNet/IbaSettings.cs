using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>What Fit decided: everything about a transformer that is saved, except the network and the statistics.</summary>
internal sealed record IbaSettings
{
    public required IReadOnlyList<OutputColumn> Outputs { get; init; }

    public required InputLayout Input { get; init; }

    public required string Layer { get; init; }

    /// <summary>A column with the class to explain; null: <see cref="TargetIndex"/>.</summary>
    public string? LabelColumnName { get; init; }

    /// <summary>The class to explain; null: the predicted one.</summary>
    public int? TargetIndex { get; init; }

    /// <summary>The method's options, among them the seed of the noise and what the outputs are (never Auto).</summary>
    public required BottleneckOptions Bottleneck { get; init; }

    public required CapacityKind Capacity { get; init; }

    public required BadRowHandling BadRows { get; init; }

    public required int BatchSize { get; init; }

    public required int ClassCount { get; init; }

    /// <summary>The shape of one row of the layer's features; -1 where rows differ.</summary>
    public required IReadOnlyList<long> FeatureShape { get; init; }

    /// <summary>Names of the classes; null: unknown.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The columns that are read to explain a row.</summary>
    public IEnumerable<string> InputColumnNames => LabelColumnName == null ? Input.ColumnNames : Input.ColumnNames.Append(LabelColumnName).Distinct();

    // *** Binary format ***
    // int: number of output columns
    //   string: name
    //   int: kind
    // input layout: see InputLayout
    // string: layer
    // string or null: label column
    // int: target index, -1 for none
    // double: beta; int: steps; int: noise copies; double: learning rate; double: initial alpha; double: sigma; double: minimum
    // deviation; bool: clamp to ReLU; long: seed; int: output kind; string: name of the loss; bool: evaluate finished mask
    // int: capacity kind; int: bad row handling; int: batch size; int: number of classes
    // shape: features
    // int: number of class names
    //   string: name
    public void Save(IExceptionContext context, ModelSaveContext ctx)
    {
        var writer = ctx.Writer;
        writer.Write(Outputs.Count);
        foreach (var output in Outputs)
        {
            ctx.SaveNonEmptyString(output.Name);
            writer.Write((int)output.Kind);
        }

        Input.Save(ctx);
        ctx.SaveNonEmptyString(Layer);
        ctx.SaveStringOrNull(LabelColumnName);
        writer.Write(TargetIndex ?? -1);
        SaveBottleneck(context, ctx);
        writer.Write((int)Capacity);
        writer.Write((int)BadRows);
        writer.Write(BatchSize);
        writer.Write(ClassCount);
        writer.WriteShape(FeatureShape);
        writer.Write(ClassNames?.Count ?? 0);
        foreach (string name in ClassNames ?? []) ctx.SaveString(name);
    }

    public static IbaSettings Load(IExceptionContext context, ModelLoadContext ctx)
    {
        var reader = ctx.Reader;
        int outputs = reader.ReadInt32();
        context.CheckDecode(outputs > 0 && outputs <= Enum.GetValues<OutputColumnKind>().Length);
        var settings = new IbaSettings
        {
            Outputs = Enumerable.Range(0, outputs).Select(_ => new OutputColumn(ctx.LoadNonEmptyString(), ReadEnum<OutputColumnKind>())).ToArray(),
            Input = InputLayout.Load(context, ctx),
            Layer = ctx.LoadNonEmptyString(),
            LabelColumnName = ctx.LoadStringOrNull(),
            TargetIndex = reader.ReadInt32() is >= 0 and var target ? target : null,
            Bottleneck = LoadBottleneck(context, ctx),
            Capacity = ReadEnum<CapacityKind>(),
            BadRows = ReadEnum<BadRowHandling>(),
            BatchSize = reader.ReadInt32(),
            ClassCount = reader.ReadInt32(),
            FeatureShape = reader.ReadShape(context),
            ClassNames = ReadClassNames(),
        };
        context.CheckDecode(settings.BatchSize > 0 && settings.ClassCount > 0);
        context.CheckDecode(settings.ClassNames == null || settings.ClassNames.Count == settings.ClassCount);
        context.CheckDecode(settings.TargetIndex == null || settings.TargetIndex < settings.ClassCount);
        return settings;

        T ReadEnum<T>()
            where T : struct, Enum
        {
            int value = reader.ReadInt32();
            var result = (T)Enum.ToObject(typeof(T), value);
            context.CheckDecode(Enum.IsDefined(result));
            return result;
        }

        string[]? ReadClassNames()
        {
            int count = reader.ReadInt32();
            context.CheckDecode(count is >= 0 and <= 1 << 24);
            return count == 0 ? null : Enumerable.Range(0, count).Select(_ => ctx.LoadString()).ToArray();
        }
    }

    private void SaveBottleneck(IExceptionContext context, ModelSaveContext ctx)
    {
        if (!BottleneckLoss.All.Contains(Bottleneck.Loss))
        {
            throw context.Except(
                "The loss is one of your own, which cannot be saved. Use one of BottleneckLoss.All: " +
                $"{string.Join(", ", BottleneckLoss.All.Select(loss => loss.Name))}.");
        }

        var writer = ctx.Writer;
        writer.Write(Bottleneck.Beta);
        writer.Write(Bottleneck.Steps);
        writer.Write(Bottleneck.NoiseCopies);
        writer.Write(Bottleneck.LearningRate);
        writer.Write(Bottleneck.InitialAlpha);
        writer.Write(Bottleneck.Sigma);
        writer.Write(Bottleneck.MinStd);
        writer.Write(Bottleneck.ClampToRelu);
        writer.Write(Bottleneck.Seed);
        writer.Write((int)Bottleneck.Output);
        ctx.SaveNonEmptyString(Bottleneck.Loss.Name);
        writer.Write(Bottleneck.EvaluateFinishedMask);
    }

    private static BottleneckOptions LoadBottleneck(IExceptionContext context, ModelLoadContext ctx)
    {
        var reader = ctx.Reader;
        var options = new BottleneckOptions
        {
            Beta = reader.ReadDouble(),
            Steps = reader.ReadInt32(),
            NoiseCopies = reader.ReadInt32(),
            LearningRate = reader.ReadDouble(),
            InitialAlpha = reader.ReadDouble(),
            Sigma = reader.ReadDouble(),
            MinStd = reader.ReadDouble(),
            ClampToRelu = reader.ReadBoolean(),
            Seed = reader.ReadInt64(),
            Output = (OutputKind)reader.ReadInt32(),
        };
        string loss = ctx.LoadNonEmptyString();
        options.EvaluateFinishedMask = reader.ReadBoolean();
        try
        {
            options.Loss = BottleneckLoss.Parse(loss);
            options.Validate();
        }
        catch (ArgumentException problem)
        {
            throw context.ExceptDecode(problem, problem.Message);
        }

        return options;
    }
}
