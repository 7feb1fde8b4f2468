using Iba.MLNet;
using Iba.Torch;
using Microsoft.Extensions.Logging;

namespace Iba.Hosting;

/// <summary>What <see cref="IbaExplainer.Fit(string, string, IbaExplainerOptions, CancellationToken)"/> can be told; what is left open is chosen by rule, and said.</summary>
public sealed class IbaExplainerOptions
{
    /// <inheritdoc cref="AttributionOptions.Layer"/>
    public string? Layer { get; set; }

    /// <inheritdoc cref="IbaEstimator.Options.Beta"/>
    public double? Beta { get; set; }

    /// <summary>
    /// The settings of the paper, or settings that take fewer passes a map, in bfloat16 where that is offered: <see cref="IbaPreset.Fast"/> for maps that
    /// are no worse, <see cref="IbaPreset.Draft"/> for browsing. Default <see cref="IbaPreset.Paper"/>.
    /// </summary>
    public IbaPreset Preset { get; set; }

    /// <summary>
    /// How photographs become the network's input. Null (default): as the network's file says; else plain bytes where it takes
    /// integers and ImageNet's numbers where it takes others, with a warning, since that is a guess.
    /// </summary>
    public ImagePreprocessing? Preprocessing { get; set; }

    /// <summary>A file with the names of the classes, see <see cref="ClassNameFile"/>. Null (default): those that the network's file has, or numbers.</summary>
    public string? ClassNames { get; set; }

    /// <inheritdoc cref="IbaEstimator.Options.Steps"/>
    public int? Steps { get; set; }

    /// <summary>Seed of the noise. Default 0.</summary>
    public long Seed { get; set; }

    /// <inheritdoc cref="IbaEstimator.Options.Seeds"/>
    public int Seeds { get; set; } = 1;

    /// <summary>At most so many photographs are measured, evenly out of all. At least 2; default 1000.</summary>
    public int MaximumPhotographs { get; set; } = 1000;

    /// <summary>Told what is chosen, warned of and done. Null (default): nobody; <see cref="IbaExplainer.Notes"/> has choices and warnings either way.</summary>
    public ILogger? Logger { get; set; }

    /// <summary>Told how many photographs are measured. Null (default): nobody.</summary>
    public IProgress<IbaProgress>? Progress { get; set; }
}
