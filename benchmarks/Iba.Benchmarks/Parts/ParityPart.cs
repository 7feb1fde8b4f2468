using System.Globalization;
using Iba.Torch;
using TorchSharp;

namespace Iba.Benchmarks;

/// <summary>Whether a GPU draws the maps that the CPU draws.</summary>
internal sealed class ParityPart : IBenchmarkPart
{
    private const int Photos = 12;
    private const int MostRows = 3072;
    private const string Picture = "parity-gpu.png";

    public string Name => "parity";

    public bool MeasuresGpu => true;

    public bool MeasuresCpu => false;

    public string Method => "T = 10 steps, K = 10 noise copies";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var network = BenchmarkNetwork.All(settings.NetworkFolder)[0];
        var gpu = new torch.Device(DeviceType.CUDA, 0);
        string? lacking = BFloat16Support.OfThisMachine.Lacking(gpu);
        using var measurement = new ParityMeasurement(network, Photos, gpu);
        var all = measurement.Run(ParitySetting.All(measurement.Photos, lacking == null));
        ParitySheet.Save(Path.Combine(folder, Picture), all);
        var table = new Table("computed by", "seconds a map", "correlation", "lowest", "bits", "range of bits", "largest difference");
        foreach (var maps in all)
        {
            var (correlation, bits, difference) = (maps.Correlation(all[0]), maps.Bits(all[0]), maps.Difference(all[0]));
            table.Add(
                maps.Setting.Name, Table.Spread(maps.Seconds, "F3"), Number(correlation.Average(), "F5"), Number(correlation.Min(), "F5"), Number(bits.Average(), "F3"),
                $"{Number(bits.Min(), "F3")}-{Number(bits.Max(), "F3")}", Number(difference.Max(), "P1"));
        }

        var (asked, fitted) = measurement.Exhaust(MostRows);
        return
            $"""
            ## Maps of a GPU beside those of the CPU

            {network.Name}, {network.LayerTitle}, the first {measurement.Photos} photographs of the samples, from the same noise and statistics; each map is held against the CPU's. *Largest
            difference* is that of one pixel, as a share of the CPU's largest value. `AllowTensorFloat32` is false but where the table says otherwise.{(lacking == null ? "" : $" bfloat16 is left out, since {lacking}.")}

            {table}
            {(fitted < asked ? $"Asked for {asked} photographs in one pass, the GPU's memory ran out; {fitted} shared a pass then, without help." : $"{asked} photographs in one pass fitted into the GPU's memory: it did not run out.")}

            ![the same photographs by the CPU and the GPU](pictures/{Picture})
            """;

        static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
