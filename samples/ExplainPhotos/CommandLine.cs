using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace ExplainPhotos;

/// <summary>What can be typed after <c>dotnet run --project samples/ExplainPhotos --</c>.</summary>
internal static class CommandLine
{
    private static readonly string Assets = Path.Combine(AppContext.BaseDirectory, "assets");

    public static RootCommand Create()
    {
        var images = new Option<DirectoryInfo>("--images")
        {
            Description = "Folder of photographs (.jpg, .png). All are measured, some are explained.",
            DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(Assets, "photos")),
        };
        var network = new Option<FileInfo>("--network")
        {
            Description = "ONNX file of an image classifier.",
            DefaultValueFactory = _ => new FileInfo(Path.Combine(Assets, "efficientnet-lite0.onnx")),
        };
        var classes = new Option<FileInfo>("--classes")
        {
            Description = "Text file with the name of class i in line i.",
            DefaultValueFactory = _ => new FileInfo(Path.Combine(Assets, "imagenet-classes.txt")),
        };
        var layer = new Option<string>("--layer")
        {
            Description = "The layer at which information is restricted. A wrong name lists the nearest ones.",
            DefaultValueFactory = _ => "blocks.4",
        };
        var preprocessing = new Option<string>("--preprocessing")
        {
            Description = "How photographs become numbers: efficientnet-lite, or imagenet as torchvision's and timm's networks want it.",
            DefaultValueFactory = _ => "efficientnet-lite",
        };
        preprocessing.AcceptOnlyFromAmong("efficientnet-lite", "imagenet");
        var target = InvariantNumber.OptionalInt32("--target", "Explain this class in every photograph (0 is the first). Default: the predicted class.");
        var beta = InvariantNumber.Double("--beta", "Price of information: larger lets fewer bits pass. A number with a point.", 10);
        var count = InvariantNumber.Int32("--count", "How many photographs are explained.", least: 1, byDefault: 12);
        var output = new Option<DirectoryInfo>("--output")
        {
            Description = "Where pictures and the fitted pipeline go.",
            DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("artifacts", "ExplainPhotos")),
        };

        var root = new RootCommand("Shows which parts of photographs an image classifier used, in bits per pixel.")
        {
            images, network, classes, layer, preprocessing, target, beta, count, output,
        };
        root.SetAction(parsed => Guarded(() =>
        {
            string zip = Fitting.Run(new FittingOptions(
                parsed.GetValue(images)!, parsed.GetValue(network)!, parsed.GetValue(classes)!, parsed.GetValue(layer)!,
                parsed.GetValue(preprocessing)!, parsed.GetValue(target), parsed.GetValue(beta), parsed.GetValue(output)!));
            return InAnotherProcess(
                "explain", zip, "--images", parsed.GetValue(images)!.FullName, "--output", parsed.GetValue(output)!.FullName,
                "--count", parsed.GetValue(count).ToString(CultureInfo.InvariantCulture));
        }));

        var zip = new Argument<FileInfo>("zip") { Description = "A pipeline saved by this program." };
        var explain = new Command("explain", "Loads a fitted pipeline and explains photographs (the second half of the sample).") { zip, images, count, output };
        explain.SetAction(parsed => Guarded(() => Explaining.Run(
            parsed.GetValue(zip)!, parsed.GetValue(images)!, parsed.GetValue(count), parsed.GetValue(output)!)));
        root.Add(explain);
        return root;
    }

    private static int InAnotherProcess(params string[] arguments)
    {
        // "dotnet ExplainPhotos.dll" and the built executable both start again as they were started.
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(CommandLine).Assembly.Location);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>A user's mistake (a missing folder, a wrong layer) is told in one line, not as a stack trace.</summary>
    private static int Guarded(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or FormatException)
        {
            // Where ML.NET wraps ("Error during class instantiation"), the innermost says what is wrong.
            Console.Error.WriteLine(problem.InnerException == null ? problem.Message : $"{problem.Message} {problem.GetBaseException().Message}");
            return 1;
        }
    }
}
