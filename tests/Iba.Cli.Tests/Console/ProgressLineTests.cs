using System.Text.Json.Nodes;
using Iba.Jobs;

namespace Iba.Cli.Tests;

public class ProgressLineTests
{
    [Fact]
    public void A_terminal_has_one_line_that_is_gone_in_the_end()
    {
        using var error = new StringWriter();
        using (var progress = new Reporter(new Surroundings { Output = TextWriter.Null, Error = error, ErrorIsTerminal = true }, "work", isJson: false, isQuiet: false).Progress("rows", doneBefore: 7))
        {
            progress.Report(new JobProgress(3, 1, 0, 1000));
        }

        string[] written = error.ToString().Split('\r');
        Assert.StartsWith("10 of 1,000 rows, ", written[1], StringComparison.Ordinal);
        Assert.Contains(" a second, ", written[1], StringComparison.Ordinal);
        Assert.EndsWith(" left, 1 failed", written[1], StringComparison.Ordinal);
        Assert.Equal(new string(' ', written[1].Length), written[2]);
    }

    // What the terminal breaks could not be written over.
    [Fact]
    public void A_narrow_terminal_gets_what_fits()
    {
        using var error = new StringWriter();
        using (var progress = new Reporter(new Surroundings { Output = TextWriter.Null, Error = error, ErrorIsTerminal = true, ErrorWidth = () => 12 }, "work", isJson: false, isQuiet: false).Progress("rows"))
        {
            progress.Report(new JobProgress(3, 1, 0, 1000));
        }

        Assert.Equal(["", "3 of 1,000 ", new string(' ', 11), ""], error.ToString().Split('\r'));
    }

    [Fact]
    public void A_file_gets_lines_and_machines_get_events_now_and_then()
    {
        using StringWriter error = new() { NewLine = "\n" }, output = new() { NewLine = "\n" };
        var surroundings = new Surroundings { Output = output, Error = error };
        foreach (bool isJson in new[] { false, true })
        {
            using var progress = new Reporter(surroundings, "work", isJson, isQuiet: false).Progress("rows");
            for (int row = 1; row <= 20; row++) progress.Report(new JobProgress(row, 0, 0, 20));
        }

        Assert.StartsWith("1 of 20 rows", Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        var told = JsonNode.Parse(Assert.Single(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)))!;
        Assert.Equal(("progress", "rows", 1, 20), ((string)told["event"]!, (string)told["what"]!, (int)told["rows"]!, (int)told["total"]!));
        Assert.True((double)told["rowsPerSecond"]! > 0);
    }

    [Fact]
    public void Waiting_for_a_line_can_be_interrupted()
    {
        using var interruption = new CancellationTokenSource();
        using var lines = new InterruptibleReader(new Silence(), interruption.Token);
        interruption.CancelAfter(TimeSpan.FromMilliseconds(50));

        Assert.ThrowsAny<OperationCanceledException>(() => lines.ReadLine());
        Assert.Equal("17", new InterruptibleReader(new StringReader("17\n"), CancellationToken.None).ReadLine());
    }

    private sealed class Silence : TextReader
    {
        public override string? ReadLine()
        {
            Thread.Sleep(TimeSpan.FromSeconds(3));
            return null;
        }
    }
}
