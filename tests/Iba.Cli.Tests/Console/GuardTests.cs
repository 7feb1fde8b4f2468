using Iba.Jobs;
using Iba.Tests;

namespace Iba.Cli.Tests;

public class GuardTests
{
    [Fact]
    public void The_innermost_cause_is_said_in_one_line_unless_one_of_ours_says_more()
    {
        var inner = new IOException("The disk\nis full. (Parameter 'x')");

        Assert.Equal("The disk is full.", Guard.Message(new InvalidOperationException("outside", new AggregateException(inner))));
        Assert.Equal("Make room.", Guard.Message(new InvalidOperationException("outside", new JobException("Make room.", inner))));
    }

    [Theory]
    [InlineData(0.4, "0 s")]
    [InlineData(99, "99 s")]
    [InlineData(300, "5 min")]
    [InlineData(7200, "2.0 h")]
    [InlineData(864_000, "10.0 days")]
    public void Times_are_said_as_people_say_them(double seconds, string expected)
    {
        Assert.Equal(expected, German.Do(() => ProgressLine.Words(seconds)));
    }
}
