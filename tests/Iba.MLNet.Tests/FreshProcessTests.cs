using System.Diagnostics;
using System.Globalization;
using Iba.Onnx;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

public class FreshProcessTests
{
    [Fact]
    [Trait("Speed", "Slow")]
    public void An_application_that_names_none_of_our_types_loads_a_model_and_explains()
        => Compare((ml, network) => ml.Transforms.Iba(new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Photo",
            Network = network,
            Layer = "blocks.4",
            Preprocessing = ImagePreprocessing.EfficientNetLite,
            Steps = 2,
            NoiseCopies = 2,
        }));

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData("gradient")]
    [InlineData("grad-cam")]
    [InlineData("occlusion")]
    public void So_it_does_with_other_methods(string name)
    {
        using var method = AttributionTests.Create(name, window: 75);
        Compare((ml, network) => ml.Transforms.Attribution(
            "Heatmap", "Photo", network, method, method.CutsAtInput ? null : "blocks.4", ImagePreprocessing.EfficientNetLite));
    }

    [Fact]
    [Trait("Speed", "Slow")]
    public void So_it_does_with_the_model_that_is_explained_which_the_file_holds_once()
    {
        string file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.zip");
        try
        {
            var ml = new MLContext(seed: 1);
            string assets = Path.Combine(AppContext.BaseDirectory, "assets");
            var photos = ml.Data.LoadFromEnumerable(new[] { "dog.jpg", "panda.jpg", "koala.jpg" }.Select(name => new EfficientNetTests.Photo(name)));
            var pipeline = ml.Transforms.LoadImages("Photo", Path.Combine(assets, "photos"), "File")
                .Append(ml.Transforms.ResizeImages("Photo", 224, 224))
                .Append(ml.Transforms.ExtractPixels("images", "Photo", interleavePixelColors: false, offsetImage: 127, scaleImage: 1 / 128f))
                .Append(ml.Transforms.ApplyOnnxModel("logits", "images", Path.Combine(assets, "efficientnet-lite0.onnx")));
            using var model = pipeline.Fit(photos);
            using var explained = ml.Transforms.Iba(new IbaEstimator.Options { OutputColumnName = "Heatmap", Model = model, Steps = 2, NoiseCopies = 2 }).Fit(photos);
            Assert.Equal("blocks.4", explained.Layer);
            ml.Model.Save(explained, photos.Schema, file);
            using var alone = new MemoryStream();
            ml.Model.Save(model, photos.Schema, alone);
            // Statistics per neuron: mean and deviation, whose bits hardly repeat, and a byte that does.
            const int Neurons = 40 * 28 * 28;
            Assert.InRange(new FileInfo(file).Length - alone.Length, 1, (8 * Neurons) + 10_000);

            float expected = explained.Transform(photos).GetColumn<float[]>("Heatmap").First().Sum();
            string[] printed = Run(file, "dog.jpg").Split(' ');
            Assert.Equal(expected, float.Parse(printed[0], CultureInfo.InvariantCulture), 1e-4 * Math.Abs(expected));
            Assert.Equal(expected, float.Parse(printed[1], CultureInfo.InvariantCulture), 1e-4 * Math.Abs(expected));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Compare<T>(Func<MLContext, OnnxNetwork, IEstimator<T>> create)
        where T : class, ITransformer
    {
        string model = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.zip");
        try
        {
            float expected = Save(model, create);
            string[] printed = Run(model, "dog.jpg").Split(' ');
            Assert.Equal(expected, float.Parse(printed[0], CultureInfo.InvariantCulture), 1e-4 * Math.Abs(expected));
            Assert.Equal(expected, float.Parse(printed[1], CultureInfo.InvariantCulture), 1e-4 * Math.Abs(expected));
            Assert.Equal(224 * 224, int.Parse(printed[2], CultureInfo.InvariantCulture));
        }
        finally
        {
            File.Delete(model);
        }
    }

    private static float Save<T>(string path, Func<MLContext, OnnxNetwork, IEstimator<T>> create)
        where T : class, ITransformer
    {
        var ml = new MLContext(seed: 1);
        string assets = Path.Combine(AppContext.BaseDirectory, "assets");
        using var network = OnnxNetwork.Load(Path.Combine(assets, "efficientnet-lite0.onnx"));
        var pipeline = ml.Transforms.LoadImages("Photo", Path.Combine(assets, "photos"), "File").Append(create(ml, network));
        var photos = ml.Data.LoadFromEnumerable(new[] { "dog.jpg", "panda.jpg", "koala.jpg" }.Select(file => new EfficientNetTests.Photo(file)));
        var fitted = pipeline.Fit(photos);
        using var transformer = (IDisposable)fitted.LastTransformer;
        ml.Model.Save(fitted, photos.Schema, path);
        return fitted.Transform(photos).GetColumn<float[]>("Heatmap").First().Sum();
    }

    private static string Run(string model, string file)
    {
        // bin/CONFIGURATION/FRAMEWORK of this project and of the application have the same names.
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        string application = Path.Combine(
            own.Parent!.Parent!.Parent!.Parent!.FullName, "LoadsModel", "bin", own.Parent.Name, own.Name, "LoadsModel.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [application, model, file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        string printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        return printed.Trim();
    }
}
