using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Iba.Torch;

namespace Iba.Hosting.Tests;

[Collection(SmallExplainerTests.Name)]
public class ExplainServiceTests(SmallExplainer small)
{
    private ByteArrayContent Photograph => new(File.ReadAllBytes(small.Photograph));

    [Fact]
    public async Task It_answers_with_classes_bits_and_pictures()
    {
        await using var service = new RunningService(small);
        using var client = service.CreateClient();
        using var explainer = IbaExplainer.Load(small.Zip);
        using var variant = explainer.With(beta: 30, target: ExplanationTarget.Class(1));
        using var expected = variant.Explain(small.Photograph);

        var model = await client.GetFromJsonAsync<JsonElement>("/api/model");
        Assert.Equal(("r", 12), (model.GetProperty("layer").GetString(), model.GetProperty("measuredRows").GetInt32()));
        using var response = await client.PostAsync("/api/explain?beta=30&target=1", Photograph);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected.TotalBits, answer.GetProperty("bits").GetDouble());
        Assert.Equal(1, answer.GetProperty("target").GetProperty("index").GetInt32());
        Assert.Equal(expected.ProbabilityWithBottleneck, answer.GetProperty("probabilityWithBottleneck").GetDouble(), 1e-9);
        Assert.Equal(expected.Top(5).Select(one => one.Index), answer.GetProperty("top").EnumerateArray().Select(one => one.GetProperty("index").GetInt32()));
        byte[] map = Convert.FromBase64String(answer.GetProperty("map").GetString()!.Split("base64,")[1]);
        Assert.Equal(expected.Overlay().Pixels.ToArray(), RgbImage.Decode(new MemoryStream(map)).Pixels.ToArray());

        using var numbers = await client.PostAsync("/api/map?beta=30&target=1&atLayer=true", Photograph);
        Assert.Equal(MapFile.ToNpy(expected.Values(Iba.MLNet.MapSize.Layer), 6, 6), await numbers.Content.ReadAsByteArrayAsync());
        Assert.Equal("Healthy", await client.GetStringAsync("/health"));
        using var page = await client.GetAsync("/");
        Assert.Contains("default-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("Drop a photograph", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/explain", new byte[] { 1, 2, 3 }, "is no picture that can be read")]
    [InlineData("/api/explain", new byte[0], "is no picture that can be read")]
    [InlineData("/api/explain?beta=-1", null, "Beta is -1; allowed: 0 to 1e9")]
    [InlineData("/api/explain?target=99", null, "The target is 'class 99', but the network has 5 classes: 0 to 4")]
    public async Task What_the_client_did_wrong_is_told_in_words(string path, byte[]? body, string expected)
    {
        await using var service = new RunningService(small);
        using var client = service.CreateClient();
        using var response = await client.PostAsync(path, body == null ? Photograph : new ByteArrayContent(body));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(expected, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_queue_answers_429_and_a_client_that_goes_away_leaves_the_queue()
    {
        await using var service = new RunningService(small, queueLength: 1);
        using var client = service.CreateClient();
        using ManualResetEventSlim begun = new(), goOn = new();
        var first = service.Explainer.ExplainAsync((explainer, token) =>
        {
            begun.Set();
            goOn.Wait(CancellationToken.None);
            return explainer.Explain(small.Photograph, token);
        });
        begun.Wait();

        using var goesAway = new CancellationTokenSource();
        var second = client.PostAsync("/api/explain", Photograph, goesAway.Token);
        await Until(() => service.Explainer.Waiting == 1);
        using var refused = await client.PostAsync("/api/explain", Photograph);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        Assert.Contains("wait for the explainer already", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        goesAway.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await Until(() => service.Explainer.Waiting == 0);
        goOn.Set();
        using var explained = await first;
        Assert.Equal(64, explained.Values().Length);
    }

    private static async Task Until(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!holds()) await Task.Delay(5, patience.Token);
    }
}
