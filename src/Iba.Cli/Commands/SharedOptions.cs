using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Iba.Torch;

namespace Iba.Cli;

/// <summary>Options that several commands have. Numbers are read alike on every machine: 0.5 is a half, whatever the user's culture.</summary>
internal static class SharedOptions
{
    private static readonly Dictionary<string, IbaPreset> Presets = Enum.GetValues<IbaPreset>().ToDictionary(preset => preset.ToString().ToLowerInvariant());

    public static Option<bool> Json() => new("--json") { Description = "Write JSON, a line for each event, for other programs (docs/cli.md).", Recursive = true };

    public static Option<bool> Quiet() => new("--quiet") { Description = "Say nothing but errors; the exit code tells the rest.", Recursive = true };

    public static Argument<string> Job() => new("job") { Description = "The job's folder." };

    public static Option<string?> Model() => new("--model") { Description = "A zip with an explainer: what 'iba fit' or mlContext.Model.Save wrote. It is loaded like a program: trust it." };

    public static Option<bool> AllowTorchScript() => new(TorchScriptTrust.Option)
    {
        Description = "Load zips and jobs whose network is TorchScript, which runs the code in it: only where you trust whoever made them.",
        Recursive = true,
    };

    public static Option<long[]?> InputShape() => new("--input-shape")
    {
        Description = "With a TorchScript network: the shape of a row without the batch, such as 3,224,224; -1 where it may vary.",
        HelpName = "n,n,...",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string[] words = result.Tokens[0].Value.Split(',');
            long[] sizes = [.. words.Select(word => long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long size) && size is -1 or > 0 ? size : 0)];
            return sizes.Contains(0) ? Wrong<long[]?>(result, "sizes above 0 with commas between them, such as 3,224,224, or -1 where one may vary") : sizes;
        },
    };

    /// <summary>A shape that was typed; null: none was, for which an array's option has an empty one.</summary>
    public static long[]? ShapeOf(ParseResult parsed, Option<long[]?> option) => parsed.GetValue(option) is { Length: > 0 } shape ? shape : null;

    public static Option<string?> Layer() => new("--layer") { Description = "Where the network is cut; 'iba layers' lists the layers. Default: chosen, and said." };

    public static Option<string?> Preprocessing() => Among<string?>(
        "--preprocessing", "How pictures become numbers: what the network was trained with. Default: what its file says.", PreprocessingNames.All.ToDictionary(name => name, string? (name) => name));

    public static Option<string?> Classes() => new("--classes") { Description = "Text file with the name of class i in line i, from 0. Default: what the network's file says." };

    public static Option<double?> Beta() => new("--beta")
    {
        Description = "Price of information: larger lets fewer bits pass. Default: 10, or by the layer's size where the layer is chosen.",
        CustomParser = result => double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double beta) && beta >= 0 && double.IsFinite(beta)
            ? beta
            : Wrong<double?>(result, "a number of at least 0 with a point, such as 0.5"),
    };

    public static Option<IbaPreset> Preset() => Among(
        "--preset", "The paper's 100 passes through the network, fewer that agree with the mean over seeds as well, or still fewer for browsing (docs/speed.md). Default: paper.", Presets);

    public static Option<int?> Target() => Whole("--target", "Explain this class in every row (0 is the first). Default: the predicted one.", least: 0);

    public static Option<int?> Gpu() => Whole("--gpu", "Compute on the graphics processor with this number. Default: on the processor.", least: 0);

    public static Option<int?> MaximumFailures() => Whole("--max-failures", "Stop once more rows than this could not be explained. Default: they are rows like others.", least: 0);

    public static Option<string?> Source() => new("--source") { Description = "Where the pictures' folder, or the table, lies on this machine. Default: where the plan says." };

    public static Option<bool> AllowOtherVersions() => new("--allow-other-versions")
    {
        Description = "Go on with another version of the library or of libtorch than the plan's, which may round differently.",
    };

    public static Option<string?> Redis() => new("--redis") { Description = "A Redis server in which coordinators and workers find each other. Default: there is one coordinator.", HelpName = "host:port" };

    public static Option<string?> Tls() => new("--tls")
    {
        Description = "A PEM file with a certificate and its private key that the coordinator and all workers have: connections are encrypted, and nobody else is let in.",
        HelpName = "file",
    };

    /// <summary>An option that is one of several words.</summary>
    private static Option<T> Among<T>(string name, string description, IReadOnlyDictionary<string, T> words)
    {
        var option = new Option<T>(name)
        {
            Description = description,
            HelpName = string.Join('|', words.Keys),
            CustomParser = result => words.TryGetValue(result.Tokens[0].Value, out var value) ? value : Wrong<T>(result, $"one of {string.Join(", ", words.Keys)}"),
        };
        option.CompletionSources.Add([.. words.Keys]);
        return option;
    }

    /// <summary>An option that is a whole number.</summary>
    public static Option<int?> Whole(string name, string description, int least) => new(name)
    {
        Description = description,
        CustomParser = result => int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least
            ? value
            : Wrong<int?>(result, $"a whole number of at least {least}"),
    };

    /// <summary>An option i/n that says which part of several this is; i alone where n comes from elsewhere is not enough.</summary>
    public static Option<(int Index, int Count)?> Part(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "i/n",
        CustomParser = result =>
        {
            string[] words = result.Tokens[0].Value.Split('/');
            return words.Length == 2 && Number(words[1], out int count) && count > 0 && Index(words[0]) is { } index && index < count
                ? (index, count)
                : Wrong<(int, int)?>(result, "i/n with i from 0 to n - 1, or /n where an engine numbers its processes (JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID)");
        },
    };

    private static int? Index(string text)
    {
        string? number = text.Length > 0 ? text : Environment.GetEnvironmentVariable("JOB_COMPLETION_INDEX") ?? Environment.GetEnvironmentVariable("SLURM_ARRAY_TASK_ID");
        return Number(number, out int index) ? index : null;
    }

    private static bool Number(string? text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static T Wrong<T>(ArgumentResult result, string allowed)
    {
        result.AddError($"{(result.Parent as OptionResult)?.Option.Name} is '{result.Tokens[0].Value}'; it must be {allowed}.");
        return default!;
    }
}
