using Iba.Jobs;
using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Iba.Cli;

/// <summary>The layers of a network, and the one that Fit would take.</summary>
/// <param name="Layers">The layers, in the order of computation.</param>
/// <param name="Advised">The one that is taken where none is named; null: none is.</param>
/// <param name="Reason">Why.</param>
internal sealed record LayerListing(IReadOnlyList<LayerInfo> Layers, string? Advised, string Reason)
{
    private const int DefaultSide = 224;
    private const int TrialLength = 23;
    private const string Column = "input";

    /// <summary>Lists them.</summary>
    /// <param name="choice">The network.</param>
    /// <param name="side">The side of pictures where the network leaves it open; null: 224.</param>
    /// <param name="reporter">Says what was noticed.</param>
    public static LayerListing Of(NetworkChoice choice, int? side, Reporter reporter)
    {
        var context = Context.Create(reporter);
        using var network = choice.Load();
        long[][] shapes = [.. network.Inputs.Select(input => Shape(input, side ?? DefaultSide))];
        var layers = network.DescribeLayers(shapes);
        try
        {
            var options = new IbaEstimator.Options
            {
                OutputColumnName = "map",
                InputColumnName = Column,
                Network = network,
                Preprocessing = IsPicture(network.Inputs[0]) ? ImagePreprocessing.Raw with { ResizeHeight = side, ResizeWidth = side } : null,
                ContextColumns = network.Inputs.Skip(1).ToDictionary(input => input.Name, input => input.Name),
            };
            var host = ((IHostEnvironment)context).Register("iba layers");
            var layout = new InputBinder(host, options).Bind(Rows(network, shapes).Schema);
            return new LayerListing(layers, LayerRule.Choose(host, network, layout, out string reason), reason);
        }
        catch (Exception refusal) when (refusal is ArgumentException or InvalidOperationException)
        {
            return new LayerListing(layers, null, Guard.Message(refusal));
        }
    }

    private static TableView Rows(Network network, long[][] shapes)
        => new([.. network.Inputs.Select((input, i) => TableColumn.Create(i == 0 ? Column : input.Name, Type(input, shapes[i], i == 0)))], () => []);

    private static DataViewType Type(NetworkInput input, long[] shape, bool isExplained)
        => isExplained && IsPicture(input) ? TextDataViewType.Instance
            : new VectorDataViewType(
                IsFloat(input) ? NumberDataViewType.Single : NumberDataViewType.Int64, IsFloat(input) ? (int)shape.Skip(1).Aggregate(1L, (product, size) => product * size) : 0);

    private static bool IsFloat(NetworkInput input) => input.ElementType is torch.ScalarType.Float32 or torch.ScalarType.Float16 or torch.ScalarType.Float64;

    private static bool IsPicture(NetworkInput input) => input.Shape is [_, 1 or 3, _, _] or [_, _, _, 1 or 3];

    private static long[] Shape(NetworkInput input, int side)
        => [1, .. input.Shape.Skip(1).Select(size => size > 0 ? size : IsPicture(input) ? side : TrialLength)];
}
