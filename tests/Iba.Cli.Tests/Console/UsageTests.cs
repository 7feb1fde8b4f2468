namespace Iba.Cli.Tests;

/// <summary>What is typed wrong, help, and completion.</summary>
public class UsageTests
{
    public static TheoryData<string> Commands => [.. CommandLine.Create(new Surroundings { Output = TextWriter.Null, Error = TextWriter.Null }).Subcommands.Select(command => command.Name)];

    [Theory]
    [InlineData("explian photo.jpg", "Unrecognized command or argument 'explian'.")]
    [InlineData("explain", "missing for command")]
    [InlineData("work job --shard 3/3", "--shard is '3/3'; it must be i/n with i from 0 to n - 1")]
    [InlineData("work job --shard /3", "--shard is '/3'; it must be i/n")]
    [InlineData("work job --shard 0/2 --stdin", "choose one")]
    [InlineData("work job --join --orleans node7:30000", "choose one")]
    [InlineData("work job --orleans node7", "--orleans is 'node7'; it must be a machine's name or address, a colon and a port, such as node7:30000")]
    [InlineData("work job --tls job.pem", "name one with --orleans or --redis")]
    [InlineData("coordinate job --listen everywhere", "--listen is 'everywhere'; it must be an address of this machine, such as 0.0.0.0.")]
    [InlineData("explain photos --beta 0,5", "--beta is '0,5'; it must be a number of at least 0 with a point, such as 0.5.")]
    [InlineData("explain photos --preset quick", "--preset is 'quick'; it must be one of paper, fast, draft.")]
    [InlineData("fit photos --network x.onnx --output x.zip --preprocessing resnet", "--preprocessing is 'resnet'; it must be one of imagenet, efficientnet-lite, raw.")]
    [InlineData("explain photos --max-failures -1", "it must be a whole number of at least 0")]
    [InlineData("layers", "missing for command")]
    [InlineData("layers x.pt --input-shape 3,x", "--input-shape is '3,x'; it must be sizes above 0")]
    public void What_is_typed_wrong_is_said_in_one_line(string line, string expected)
    {
        var typed = Typed.Run(line.Split(' '));

        Assert.Equal(ExitCode.Usage, typed.Code);
        Assert.Equal("", typed.Output);
        Assert.Contains(expected, typed.Error, StringComparison.Ordinal);
        Assert.Contains("--help'.", typed.Error, StringComparison.Ordinal);
        Assert.Equal(1, typed.Error.Count(character => character == '\n'));
    }

    [Fact]
    public void Machines_are_told_as_an_event()
    {
        var error = Assert.Single(Typed.Run("work", "job", "--shard", "x", "--json").Events("error"));

        Assert.Equal((1, "work", ExitCode.Usage), ((int)error["schema"]!, (string)error["command"]!, (int)error["exitCode"]!));
    }

    [Theory]
    [InlineData("status nothing", "There is no folder ")]
    [InlineData("explain nothing", "There is no file or folder 'nothing'.")]
    [InlineData("explain nothing.jpg also-nothing.jpg", "There is no file or folder 'nothing.jpg'.")]
    [InlineData("layers nothing.onnx", "There is no network 'nothing.onnx'.")]
    [InlineData("info nothing", "There is no file or folder 'nothing'.")]
    public void What_is_missing_is_named(string line, string expected)
    {
        var typed = Typed.Run(line.Split(' '));

        Assert.Equal(ExitCode.Failure, typed.Code);
        Assert.StartsWith("iba: ", typed.Error, StringComparison.Ordinal);
        Assert.Contains(expected, typed.Error, StringComparison.Ordinal);
        Assert.Equal(1, typed.Error.Count(character => character == '\n'));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_teaches_with_examples_that_can_be_typed(string command)
    {
        var typed = Typed.Run(command, "--help");

        Assert.Equal(ExitCode.Success, typed.Code);
        string[] examples = [.. typed.Output.Split("Examples:")[1].Split('\n').Where(line => line.StartsWith("  iba ", StringComparison.Ordinal))];
        Assert.NotEmpty(examples);
        var root = CommandLine.Create(new Surroundings { Output = TextWriter.Null, Error = TextWriter.Null });
        // '/16' needs an engine's number.
        Assert.All(examples.Where(line => !line.Contains(" /16", StringComparison.Ordinal)), line => Assert.Empty(root.Parse(line.Trim()["iba ".Length..]).Errors));
    }

    [Theory]
    [InlineData("cli.md", 5)]
    [InlineData("scale.md", 3)]
    [InlineData("README.md", 3)]
    public void What_the_documentation_types_can_be_typed(string page, int least)
    {
        var root = CommandLine.Create(new Surroundings { Output = TextWriter.Null, Error = TextWriter.Null });
        string[] lines = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "docs", page)).Where(line => line.StartsWith("iba ", StringComparison.Ordinal)).SelectMany(line => line.Split('#')[0].Split("&&"))];

        Assert.InRange(lines.Length, least, 100);
        Assert.All(lines.Where(line => !line.Contains(" /16", StringComparison.Ordinal)), line => Assert.Empty(root.Parse(line.Trim()["iba ".Length..]).Errors));
    }

    [Fact]
    public void Shells_complete_commands_and_options()
    {
        Assert.Contains("explain", Typed.Run("[suggest:3]", "exp").Lines);
        Assert.Contains("--preprocessing", Typed.Run("[suggest:14]", "explain --prep").Lines);
    }
}
