using Iba.Hosting;
using Iba.MLNet;
using Iba.Torch;

namespace ExplainService;

/// <summary>What the page, or another client, asks.</summary>
internal static class Endpoints
{
    /// <summary>In bytes.</summary>
    public const int LargestPhotograph = 10 << 20;

    private const int TopClasses = 5;

    /// <summary>Adds the endpoints.</summary>
    public static void MapExplanations(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/model", async (IbaService service, CancellationToken gone) =>
        {
            var explainer = await service.LoadAsync(gone);
            return new { explainer.Transformer.Layer, explainer.Transformer.Beta, explainer.Transformer.MeasuredRows, Classes = explainer.ClassNames?.Count };
        });
        routes.MapPost("/api/explain", ExplainAsync);
        routes.MapPost("/api/map", MapAsync);
    }

    // The request's token: a client that goes away frees the machine within a step.
    private static async Task<object> ExplainAsync(HttpRequest request, IbaService service, double? beta, int? target, CancellationToken gone)
    {
        using var explanation = await service.ExplainAsync(await ReadAsync(request, gone), new ExplainSettings { Beta = beta, Target = target }, gone);
        var renderer = new HeatmapRenderer();
        return new
        {
            Target = Class(explanation.Target),
            explanation.ProbabilityWithBottleneck,
            Bits = explanation.TotalBits,
            Top = explanation.Top(TopClasses).Select(Class),
            Photograph = Picture(explanation.Photograph!),
            Map = Picture(explanation.Overlay(renderer)),
            Brightest = HeatmapRenderer.Largest(explanation.Values()),
        };
    }

    // The numbers, as NumPy reads them.
    private static async Task<IResult> MapAsync(HttpRequest request, IbaService service, double? beta, int? target, bool? atLayer, CancellationToken gone)
    {
        using var explanation = await service.ExplainAsync(await ReadAsync(request, gone), new ExplainSettings { Beta = beta, Target = target }, gone);
        var size = atLayer == true ? MapSize.Layer : MapSize.Input;
        return Results.File(MapFile.ToNpy(explanation.Values(size), [.. explanation.Shape(size)]), "application/octet-stream", "map.npy");
    }

    private static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken gone)
    {
        using var bytes = new MemoryStream();
        await request.Body.CopyToAsync(bytes, gone);
        return bytes.ToArray();
    }

    private static object Class(ClassProbability of) => new { of.Index, of.Name, of.Probability };

    private static string Picture(RgbImage picture) => $"data:image/png;base64,{Convert.ToBase64String(picture.ToPng())}";
}
