using Iba.Fuzz;

namespace Iba.MLNet.Tests;

/// <summary>What coverage-guided fuzzing found (tests/Iba.Fuzz): each file is taken, or refused by an error of the documented type.</summary>
public sealed class FuzzCorpusTests
{
    [Theory]
    [InlineData("onnx")]
    [InlineData("zip")]
    [Trait("Speed", "Slow")]
    public void Files_that_reached_new_code_are_taken_or_refused(string target)
    {
        var taken = FuzzTargets.All[target];
        int refused = 0, all = 0;
        foreach (var (name, file) in Seeds.For(target))
        {
            all++;
            try
            {
                if (!taken(file)) refused++;
            }
            catch (Exception failure)
            {
                Assert.Fail($"{name}: {failure}");
            }
        }

        Assert.InRange(refused, all / 2, all - 1);
    }

    [Fact]
    public void The_loaders_refuse_what_is_none_and_take_what_is_valid()
    {
        Assert.False(FuzzTargets.Onnx([1, 2, 3]));
        Assert.False(FuzzTargets.Zip([1, 2, 3]));
        var seeds = Seeds.For("zip").Take(4).ToArray();
        Assert.Equal(["version-1.zip", "version-2.zip", "iba", "grad-cam"], seeds.Select(seed => seed.Name));
        Assert.All(seeds, seed => Assert.True(FuzzTargets.Zip(seed.File)));
    }
}
