using System.Diagnostics;
using System.Reflection.PortableExecutable;
using System.Runtime;
using System.Text.Json;
using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.Benchmarks;

/// <summary>A fresh process that explains one photograph with a model out of a zip, and says when it came where.</summary>
internal static class FirstMap
{
    public const string Command = "first-map";

    /// <summary>Does it, and prints <see cref="FirstMapTimes"/>.</summary>
    /// <param name="zip">The model.</param>
    /// <param name="photo">The photograph.</param>
    public static void Run(string zip, string photo)
    {
        var process = Process.GetCurrentProcess();
        double main = Now();
        var context = new MLContext(seed: 0);
        using var explainer = (IDisposable)context.Model.Load(zip, out _);
        double loaded = Now();
        var rows = context.Data.LoadFromEnumerable([new Photo { File = photo }]);
        int pixels = Explain();
        var (explained, processor, compiling, methods) = (Now(), Processor(), JitInfo.GetCompilationTime().TotalSeconds, JitInfo.GetCompiledMethodCount());
        Explain();
        Console.WriteLine(JsonSerializer.Serialize(new FirstMapTimes(main, loaded, explained, processor, Processor() - processor, compiling, methods, pixels)));

        int Explain() => ((ITransformer)explainer).Transform(rows).GetColumn<float[]>("Heatmap").First().Length;

        double Now() => (DateTime.Now - process.StartTime).TotalSeconds;

        double Processor()
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Fits on the photographs and saves the model.</summary>
    public static void Prepare(BenchmarkNetwork network, string zip, IbaPreset preset)
    {
        var context = new MLContext(seed: 0);
        using var onnx = Iba.Onnx.OnnxNetwork.Load(network.File);
        var photos = context.Data.LoadFromEnumerable(Assets.Photos().Select(file => new Photo { File = file }));
        var options = new IbaEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "File",
            Network = onnx,
            Layer = network.Layer,
            Preprocessing = ImagePreprocessing.EfficientNetLite,
            Seed = 0,
            Preset = preset,
        };
        using var explainer = context.Transforms.Iba(options).Fit(photos);
        context.Model.Save(explainer, photos.Schema, zip);
    }

    /// <summary>Whether the libraries of a folder have native code beside the other (ReadyToRun).</summary>
    public static bool IsPrecompiled(string folder)
    {
        string library = Path.Combine(folder, Path.GetFileName(typeof(IbaTransformer).Assembly.Location));
        if (!File.Exists(library)) return false;
        using var file = File.OpenRead(library);
        using var assembly = new PEReader(file);
        return assembly.PEHeaders.CorHeader?.ManagedNativeHeaderDirectory.Size > 0;
    }

    private sealed class Photo
    {
        public string File { get; set; } = "";
    }
}
