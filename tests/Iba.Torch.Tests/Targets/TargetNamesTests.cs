namespace Iba.Torch.Tests;

/// <summary>A saved name is the whole target.</summary>
public class TargetNamesTests
{
    public static TheoryData<string, ExplanationTarget> Targets => new()
    {
        { "predicted-labels", ExplanationTarget.PredictedLabels },
        { "embedding", ExplanationTarget.Embedding },
        { "contrast [3,5]", ExplanationTarget.Contrast(3, 5) },
        { "contrast [\"a\",\"b c\"]", ExplanationTarget.Contrast("a", "b c") },
        { "top-classes [3]", ExplanationTarget.TopClasses(3) },
        { "labels [4,0]", ExplanationTarget.Labels(4, 0) },
        { "labels [\"Tags\"]", ExplanationTarget.LabelsOf("Tags") },
        { "value [2,null]", ExplanationTarget.Value(2) },
        { "value [2,0.25]", ExplanationTarget.Value(2, 0.25) },
        { "value [\"age\",1.5]", ExplanationTarget.Value("age", 1.5) },
        { "region [\"Predicted\",7]", ExplanationTarget.Region(7) },
        { "region [\"Mask\",null,\"Mask\"]", ExplanationTarget.Region("Mask") },
        { "region [\"Mask\",2,\"Mask\"]", ExplanationTarget.Region("Mask", 2) },
        { "region [\"Point\",null,10,20]", ExplanationTarget.RegionAt(10, 20) },
        { "region [\"PointColumn\",null,\"At\"]", ExplanationTarget.RegionAt("At") },
        { "box [\"Yolo5\",null,false]", ExplanationTarget.Box(BoxLayout.Yolo5) },
        { "box [\"Ssd\",\"Truth\",true]", ExplanationTarget.Box(BoxLayout.Ssd, "Truth", keepsPlace: true) },
        { "similar-to [\"Vector\"]", ExplanationTarget.SimilarTo("Vector") },
        { "each [\"class 1\",\"contrast [1,2]\"]", ExplanationTarget.Each(ExplanationTarget.Class(1), ExplanationTarget.Contrast(1, 2)) },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_name_gives_the_target_back(string name, ExplanationTarget target)
    {
        Assert.Equal(name, target.Name);
        var found = ExplanationTarget.Parse(name);
        Assert.Equal(name, found.Name);
        Assert.Equal(target.ColumnNames, found.ColumnNames);
        Assert.Equal(target.IsStack, found.IsStack);
        Assert.Equal(target.LargestIndex, found.LargestIndex);
    }

    [Theory]
    [InlineData("contrast")]
    [InlineData("contrast [1]")]
    [InlineData("contrast [1,1]")]
    [InlineData("contrast [1,\"b\"]")]
    [InlineData("top-classes [0]")]
    [InlineData("labels []")]
    [InlineData("value [0,-1]")]
    [InlineData("value [0")]
    [InlineData("region [\"Predicted\",null]")]
    [InlineData("region [\"Mask\",null]")]
    [InlineData("region [\"Somewhere\",null]")]
    [InlineData("box [\"Yolo9\",null,false]")]
    [InlineData("each []")]
    [InlineData("each [\"top-classes [2]\"]")]
    [InlineData("each [\"System.Object\"]")]
    [InlineData("rank 0")]
    public void A_name_that_is_damaged_is_refused(string name)
        => Assert.Contains($"No target is named '{name}'", Assert.Throws<ArgumentException>(() => ExplanationTarget.Parse(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void Targets_say_what_rows_bring()
    {
        Assert.Equal(["a", "b"], ExplanationTarget.Contrast("a", "b").ColumnNames);
        Assert.Equal(["a", "b", "Box"], ExplanationTarget.Each(ExplanationTarget.Contrast("a", "b"), ExplanationTarget.Contrast("b", "a"), ExplanationTarget.Box(BoxLayout.Ssd, "Box")).ColumnNames);
        Assert.Empty(ExplanationTarget.TopClasses(3).ColumnNames);
    }

    [Fact]
    public void What_cannot_be_meant_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ExplanationTarget.Contrast(2, 2));
        Assert.Throws<ArgumentException>(() => ExplanationTarget.Contrast("a", "a"));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExplanationTarget.Contrast(-1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExplanationTarget.TopClasses(0));
        Assert.Throws<ArgumentException>(() => ExplanationTarget.Labels());
        Assert.Throws<ArgumentException>(() => ExplanationTarget.Labels(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExplanationTarget.Value(0, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExplanationTarget.RegionAt(-1, 0));
        Assert.Throws<ArgumentException>(() => ExplanationTarget.Each());
        Assert.Contains("has several questions of its own", Assert.Throws<ArgumentException>(() => ExplanationTarget.Each(ExplanationTarget.TopClasses(2))).Message, StringComparison.Ordinal);
    }
}
