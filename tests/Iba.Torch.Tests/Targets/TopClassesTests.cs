using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>Several questions about a row: each is answered as if it were the only one.</summary>
public sealed class TopClassesTests : IDisposable
{
    private static readonly long[] Row = [2, 4, 4];

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();
    private readonly LayerStatistics _statistics = Toy.Statistics(Row);
    private readonly PerSampleBottleneck _bottleneck;
    private readonly Tensor _features = Toy.Random([5, .. Row], seed: 3);

    public TopClassesTests() => _bottleneck = new PerSampleBottleneck(_statistics, new() { Beta = 0.1 });

    public void Dispose()
    {
        _bottleneck.Dispose();
        _statistics.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Each_class_has_the_map_that_it_has_alone()
    {
        using var several = Linear.Explain(_bottleneck, Toy.Dense(Row), _features, new() { Target = ExplanationTarget.TopClasses(3) });
        several.ThrowIfFailed();
        Assert.Equal(3, several.Questions.Count);
        var order = several.Probabilities.argsort(1, descending: true);
        for (int rank = 0; rank < 3; rank++)
        {
            Assert.Equal(order.select(1, rank), several.Questions[rank].Targets);
            var request = new AttributionRequest { Target = ExplanationTarget.Label, Labels = order.select(1, rank) };
            using var alone = (BottleneckResult)Linear.Explain(_bottleneck, Toy.Dense(Row), _features, request);
            Assert.Equal(alone.Map, several.Questions[rank].Map);
            Assert.Equal(alone.ProbabilitiesWithBottleneck, ((BottleneckResult)several.Questions[rank]).ProbabilitiesWithBottleneck);
        }

        using var predicted = Linear.Explain(_bottleneck, Toy.Dense(Row), _features);
        Assert.Equal(predicted.Map, several.Map);
        Assert.Same(predicted, Assert.Single(predicted.Questions));
    }

    [Fact]
    public void Several_methods_and_several_questions_go_together()
    {
        using var gradient = new Gradient();
        using var occlusion = new Occlusion(2);
        using var both = new SeveralMethods([gradient, occlusion], owned: []);
        using var found = Linear.Explain(both, Toy.Dense(Row), _features, new() { Target = ExplanationTarget.TopClasses(2), Execution = new() { RowsPerPass = 2 } });
        for (int rank = 0; rank < 2; rank++)
        {
            var parts = ((SeveralAttributions)found.Questions[rank]).Parts;
            var request = new AttributionRequest { Target = ExplanationTarget.Label, Labels = found.Questions[rank].Targets };
            using var slopes = Linear.Explain(gradient, Toy.Dense(Row), _features, request);
            using var drops = Linear.Explain(occlusion, Toy.Dense(Row), _features, request);
            Toy.AssertClose(slopes.Map, parts[0].Map);
            Toy.AssertClose(drops.Map, parts[1].Map);
        }
    }

    [Fact]
    public void A_row_that_fails_one_question_fails_all()
    {
        var request = new AttributionRequest
        {
            Target = ExplanationTarget.Each(ExplanationTarget.PredictedClass, ExplanationTarget.Label),
            Labels = tensor(new long[] { 0, 9, 1, 2, 3 }),
            Execution = new() { RowsPerPass = 2 },
        };
        using var gradient = new Gradient();
        using var found = Linear.Explain(gradient, Toy.Dense(Row), _features, request);
        Assert.Equal(new RowFailure(1, "its target 9 is no class of the network (0 to 3)"), Assert.Single(found.Failures));
        Assert.All(found.Questions, part => Assert.Equal([false, true, false, false, false], part.Map.isnan().flatten(1).any(1).data<bool>().ToArray()));
    }

    [Fact]
    public void More_classes_than_there_are_fail()
    {
        using var gradient = new Gradient();
        using var found = Linear.Explain(gradient, Toy.Dense(Row), _features, new() { Target = ExplanationTarget.TopClasses(5) });
        Assert.Equal(5, found.Failures.Count);
    }
}
