namespace Iba.Torch.Tests;

public class LaneChoiceTests
{
    [Theory]
    [InlineData(8, new[] { 1.0, 0.6, 0.35, 0.2 }, 8)] // Each doubling pays.
    [InlineData(8, new[] { 1.0, 0.6, 0.56 }, 2)] // The second saves 7 %.
    [InlineData(8, new[] { 1.0, 0.95 }, 1)]
    [InlineData(6, new[] { 1.0, 0.6, 0.35, 0.2 }, 6)]
    [InlineData(2, new[] { 1.0, 0.6 }, 2)]
    public void Lanes_are_doubled_for_as_long_as_it_pays(int most, double[] secondsPerRow, int expected)
    {
        var choice = new LaneChoice();
        foreach (double seconds in secondsPerRow)
        {
            Assert.False(choice.IsSettled);
            choice.Note(TimeSpan.FromSeconds(50), 1, most); // The first round is not counted.
            choice.Note(TimeSpan.FromSeconds(2 * seconds), 2, most);
        }

        Assert.True(choice.IsSettled);
        Assert.Equal(expected, choice.Lanes);
        choice.Note(TimeSpan.FromSeconds(1), 100, most);
        Assert.Equal(expected, choice.Lanes);
    }

    [Fact]
    public void Short_times_are_added_up()
    {
        var choice = new LaneChoice();
        for (int round = 0; round < 4; round++)
        {
            choice.Note(TimeSpan.FromMilliseconds(60), 1, most: 2);
            Assert.Equal(1, choice.Lanes);
        }

        choice.Note(TimeSpan.FromMilliseconds(60), 1, most: 2);
        Assert.Equal(2, choice.Lanes);
    }

    [Fact]
    public void One_lane_is_no_choice_and_waits_for_room()
    {
        var choice = new LaneChoice();
        for (int round = 0; round < 9; round++) choice.Note(TimeSpan.FromSeconds(1), 1, most: 1);
        Assert.Equal((1, false), (choice.Lanes, choice.IsSettled));
        choice.Note(TimeSpan.FromSeconds(1), 1, most: 2);
        Assert.Equal(2, choice.Lanes);
    }
}
