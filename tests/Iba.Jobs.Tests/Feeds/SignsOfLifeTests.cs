namespace Iba.Jobs.Tests;

public class SignsOfLifeTests
{
    // On a timer's thread it would end the process, and the row at work would be blamed.
    [Fact]
    public void A_feed_that_fails_is_asked_again()
    {
        using var asked = new CountdownEvent(3);
        using var signs = new SignsOfLife(TimeSpan.FromMilliseconds(1), () =>
        {
            if (!asked.IsSet) asked.Signal();
            throw new TimeoutException("The coordinator is gone.");
        });

        Assert.True(asked.Wait(TimeSpan.FromMinutes(1)));
    }
}
