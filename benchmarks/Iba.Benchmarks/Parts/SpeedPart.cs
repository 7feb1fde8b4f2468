using Iba.Torch;

namespace Iba.Benchmarks;

/// <summary>This library against the whole network re-run, against the reference implementation itself, and against the floor.</summary>
internal sealed class SpeedPart : IBenchmarkPart
{
    private const string Explanation =
        """
        Seconds for one heat map of one 224x224 image, as "median (least-most)" over the rounds. Contestants are processes of their own that
        take turns, round by round; ratios are taken in each round and told in the same way. Ratios by processor time count the work of all
        threads and hardly depend on what else the machine does.

        - *this library*: head once, K noisy copies through the tail at each step, heat map.
        - *whole network*: what the reference implementation does, on the same libtorch: at each step the whole network runs on K copies of
          the image, the noise comes in at the layer, capacity for each copy, gradients of all weights; batch normalisation as in the file,
          plain layout, glibc's default allocator. *Buffers kept*: the same with this library's allocator settings, which the reference does not
          make; what is left is due to the method's own work.
        - *reference package*: the paper's own PyTorch package under the system's PyTorch (Debian's is 1.13), which is another libtorch with
          other kernels, told to use the same number of threads. Its EfficientNet-Lite0 normalises batches, which our file has folded away.
        - *floor*: T forward and backward passes of the tail on K copies and nothing else (no head, no noise, no mask, no heat map), in the
          faster of the two memory layouts.
        """;

    private const string PresetExplanation =
        """
        The presets of [speed against quality](speed.md), in the same rounds. All bars were set on a processor with avx512_bf16, where the presets' tails are computed in
        bfloat16; elsewhere in float32.
        """;

    private const string OnGpuExplanation =
        """
        As on the CPU, but head, tail and mask are computed by the GPU. Several images share a pass through the tail where the table says so; the
        whole network takes one image at a time, as the reference implementation does. The clock stops when the GPU has finished.
        Peak memory is the process's, not the GPU's.
        """;

    public string Name => "speed";

    public bool MeasuresGpu => true;

    private static bool HasBFloat16 => BFloat16Support.OfThisMachine.Lacking(TorchSharp.torch.CPU) is null;

    public string Chapter(BenchmarkSettings settings) => settings.OnGpu ? $"{Name}_gpu" : HasBFloat16 ? Name : $"{Name}_float32";

    public string Run(BenchmarkSettings settings, string folder)
    {
        int[] rowsPerPass = settings.OnGpu ? [1, 8, 32] : [1];
        var comparisons = settings.Choose().SelectMany(network => rowsPerPass.Select(rows => SpeedComparison.Run(settings, network, rows))).ToArray();
        var times = new Table("Network", "this library [s]", "whole network [s]", "buffers kept [s]", "reference package [s]", "floor [s]", "peak memory", "peak of the whole network");
        var ratios = new Table(
            "Network, layer", "whole network / library", "by processor time", "bar", "buffers kept / library", "reference package / library", "floor / library", "by processor time", "bar");
        var presets = new Table("Network, layer", "Fast [s]", "Draft [s]", "whole network / Fast", "by processor time", "bar", "reference package / Fast", "bar", "whole network / Draft");
        foreach (var (title, network, library, fast, draft, whole, keeping, reference, floor) in comparisons)
        {
            var speed = whole.Over(library);
            var share = floor.Over(library);
            times.Add(
                title, Table.Spread(library.Seconds), Table.Spread(whole.Seconds), Table.Spread(keeping.Seconds), reference is null ? "-" : Table.Spread(reference.Seconds),
                Table.Spread(floor.Seconds), Table.Mebibytes(library.PeakBytes), Table.Mebibytes(whole.PeakBytes));
            ratios.Add(
                $"{title}, {network.LayerTitle}", Table.Times(speed.Clock), Table.Times(speed.Processor), settings.OnGpu ? "-" : $">= {network.Bar}x",
                Table.Times(keeping.Over(library).Clock), reference is null ? "-" : Table.Times(reference.Over(library).Clock),
                Table.Percent(share.Clock), Table.Percent(share.Processor), settings.OnGpu ? "-" : ">= 85 %");
            var ofFast = whole.Over(fast);
            presets.Add(
                $"{title}, {network.LayerTitle}", Table.Spread(fast.Seconds), Table.Spread(draft.Seconds), Table.Times(ofFast.Clock), Table.Times(ofFast.Processor),
                settings.OnGpu ? "-" : $">= {network.FastBar}x", reference is null ? "-" : Table.Times(reference.Over(fast).Clock), settings.OnGpu ? "-" : $">= {network.FastReferenceBar}x",
                Table.Times(whole.Over(draft).Clock));
        }

        var (where, picture) = settings.OnGpu ? (", on a GPU", "benchmarks-gpu.png")
            : HasBFloat16 ? ("", "benchmarks.png")
            : (", on a processor without bfloat16", "benchmarks-float32.png");
        SpeedChart.Save(Path.Combine(folder, picture), comparisons);
        return
            $"""
            ## One image{where}: against the whole network re-run, and against the floor

            {(settings.OnGpu ? OnGpuExplanation : Explanation)}

            {times}
            {ratios}
            {PresetExplanation}

            {presets}
            ![Seconds for one heat map](pictures/{picture})
            """;
    }
}
