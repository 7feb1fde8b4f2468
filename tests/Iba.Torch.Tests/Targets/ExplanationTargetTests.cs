namespace Iba.Torch.Tests;

public class ExplanationTargetTests
{
    [Fact]
    public void A_name_gives_the_target_back()
    {
        Assert.Same(ExplanationTarget.PredictedClass, ExplanationTarget.Parse(ExplanationTarget.PredictedClass.Name));
        Assert.Same(ExplanationTarget.Label, ExplanationTarget.Parse(ExplanationTarget.Label.Name));
        foreach (int index in new[] { 0, 3, int.MaxValue })
        {
            string name = ExplanationTarget.Class(index).Name;
            Assert.Equal($"class {index}", name);
            Assert.Equal(name, ExplanationTarget.Parse(name).Name);
            Assert.Equal(name, ExplanationTarget.Parse(name).ToString());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("class")]
    [InlineData("class ")]
    [InlineData("class -1")]
    [InlineData("class 1.5")]
    [InlineData("class 1 ")]
    [InlineData("class 2147483648")]
    [InlineData("Label")]
    [InlineData("predicted class")]
    public void Other_names_are_refused_with_those_there_are(string name)
    {
        var failure = Assert.Throws<ArgumentException>(() => ExplanationTarget.Parse(name));
        Assert.Contains($"No target is named '{name}'; there are predicted-class, label, and class 0", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_are_counted_from_0() => Assert.Throws<ArgumentOutOfRangeException>(() => ExplanationTarget.Class(-1));
}
