using System.Globalization;
using System.Runtime.InteropServices;
using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Iba.Packages.Tests;

/// <summary>A fresh console project outside the repository, which knows our packages only.</summary>
[Collection(PackedFeedTests.Name)]
[Trait("Speed", "Slow")]
public class ConsumerTests(PackedFeed feed)
{
    [Fact]
    public void It_loads_a_model_file_and_explains_an_image()
    {
        string program = Build("built", Libtorch(), "mended");
        var (model, photo, bits, largest) = Model();

        string[] output = DotnetCommand.Run(feed.Root, program, model, photo).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        string[] words = output[0].Split(' ');
        Assert.Equal(bits, double.Parse(words[0], CultureInfo.InvariantCulture), bits * 1e-4);
        Assert.Equal("bits, 144 pixels,", string.Join(' ', words[1..4]));
        Assert.Equal(largest, double.Parse(words[4], CultureInfo.InvariantCulture), largest * 1e-4);
        if (OperatingSystem.IsLinux()) Assert.Equal("from a file", output[1]); // Mended by the build where the system needs it.
    }

    [Fact]
    public void It_works_too_where_the_build_did_not_mend_the_native_library()
    {
        string program = Build("built", Libtorch(), "unmended", "-p:MendTorchSharp=false");
        var (model, photo, bits, _) = Model();

        string output = DotnetCommand.Run(feed.Root, program, model, photo);

        Assert.Equal(bits, double.Parse(output.Split(' ')[0], CultureInfo.InvariantCulture), bits * 1e-4);
        if (OperatingSystem.IsLinux()) Assert.Contains(SystemNeedsMend() ? "from memory" : "from a file", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_native_library_is_named_with_the_package_to_add()
    {
        string program = Build("bare", "", "out");
        var (model, photo, _, _) = Model();

        var (exitCode, output) = DotnetCommand.Try(feed.Root, program, model, photo);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("is missing. Add libtorch to the application: 'dotnet add package libtorch-cpu-", output, StringComparison.Ordinal);
    }

    [Fact]
    public void It_runs_a_job_over_a_folder()
    {
        string folder = Directory.CreateDirectory(Path.Combine(feed.Root, "jobs")).FullName, photos = Directory.CreateDirectory(Path.Combine(folder, "photos")).FullName;
        string source = Path.Combine(AppContext.BaseDirectory, "Consumer"), model = Path.Combine(folder, "paths.zip");
        for (int i = 0; i < 3; i++) Photograph(i + 1).Save(Path.Combine(photos, $"{i}.png"));
        SaveForPaths(model, Directory.GetFiles(photos));
        File.WriteAllText(
            Path.Combine(folder, "Consumer.csproj"), File.ReadAllText(Path.Combine(source, "Consumer.csproj.txt")).Replace("\"Iba.MLNet\"", "\"Iba.Jobs\"", StringComparison.Ordinal));
        File.Copy(Path.Combine(source, "JobProgram.cs.txt"), Path.Combine(folder, "Program.cs"));
        Compile(folder, Libtorch(), "out");

        string[] output = DotnetCommand.Run(folder, Path.Combine(folder, "out", "Consumer.dll"), model, photos).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        Assert.Equal("3 rows, 0 failures, the same bytes", output[0]);
        Assert.Equal(["0.png", "1.png", "2.png"], output[1..].Select(line => line.Split(' ')[0]));
        Assert.All(output[1..], line => Assert.True(double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture) > 1));
    }

    /// <summary>Builds the project, which may have been built into another folder before, and returns the program.</summary>
    private string Build(string project, string libtorch, string output, params string[] more)
    {
        string folder = Path.Combine(feed.Root, project);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            string source = Path.Combine(AppContext.BaseDirectory, "Consumer");
            File.Copy(Path.Combine(source, "Consumer.csproj.txt"), Path.Combine(folder, "Consumer.csproj"));
            File.Copy(Path.Combine(source, "Program.cs.txt"), Path.Combine(folder, "Program.cs"));
        }

        Compile(folder, libtorch, output, more);
        return Path.Combine(folder, output, "Consumer.dll");
    }

    private void Compile(string folder, string libtorch, string output, params string[] more)
        => DotnetCommand.Run(folder, ["build", "-c", "Release", "-o", output, $"-p:IbaVersion={feed.Version}", $"-p:Libtorch={libtorch}", .. more]);

    /// <summary>Fits the small network on paths of pictures, and saves it.</summary>
    private static void SaveForPaths(string model, string[] photos)
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(photos.Order(StringComparer.Ordinal).Select(path => new PathRow { Path = path }));
        using var network = TorchScriptNetwork.Load(Path.Combine(AppContext.BaseDirectory, "sequence.pt"), [3, 12, 12]);
        using var explainer = ml.Transforms.Iba(Options(network, "Path")).Fit(data);
        ml.Model.Save(explainer, data.Schema, model);
    }

    /// <summary>Fits a small network, saves it, and explains a photograph here.</summary>
    private (string Model, string Photo, double Bits, double Largest) Model()
    {
        string model = Path.Combine(feed.Root, "model.zip"), photo = Path.Combine(feed.Root, "photo.png");
        var photos = Enumerable.Range(1, 20).Select(Photograph).ToArray();
        photos[0].Save(photo);
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(photos.Select(image => new Row { Photo = image }));
        using var network = TorchScriptNetwork.Load(Path.Combine(AppContext.BaseDirectory, "sequence.pt"), [3, 12, 12]);
        var explainer = ml.Transforms.Iba(Options(network, "Photo")).Fit(data);
        ml.Model.Save(explainer, null, model); // Image columns have no place in a saved schema.
        var row = ml.Data.CreateEnumerable<Explained>(explainer.Transform(data), reuseRowObject: false).First();
        Assert.True(row.Bits > 1); // Something to compare.
        return (model, photo, row.Bits, row.Heatmap.Max());
    }

    private static IbaEstimator.Options Options(Network network, string input) => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = input,
        Network = network,
        Layer = "stem",
        Preprocessing = new ImagePreprocessing { ResizeShorterSide = 12, CropWidth = 12, CropHeight = 12 },
        Beta = 0.001, // The network knows nothing: at the usual price it would not buy a bit.
        TotalBitsColumnName = "Bits",
        Seed = 1,
    };

    private static MLImage Photograph(int seed)
    {
        byte[] pixels = new byte[12 * 12 * 4];
        new Random(seed).NextBytes(pixels);
        for (int alpha = 3; alpha < pixels.Length; alpha += 4) pixels[alpha] = 255;
        return MLImage.CreateFromPixels(12, 12, MLPixelFormat.Rgba32, pixels);
    }

    internal static string Libtorch()
        => OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64" : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64" : "libtorch-cpu-linux-x64";

    private static bool SystemNeedsMend()
        => !(NativeLibrary.TryLoad("libstdc++.so.6", out nint library) && NativeLibrary.TryGetExport(library, "_ZSt21ios_base_library_initv", out _));

    private sealed class Row
    {
        [ImageType(12, 12)]
        public MLImage? Photo { get; set; }
    }

    private sealed class PathRow
    {
        public string Path { get; set; } = "";
    }

    private sealed class Explained
    {
        public float Bits { get; set; }

        public float[] Heatmap { get; set; } = [];
    }
}
