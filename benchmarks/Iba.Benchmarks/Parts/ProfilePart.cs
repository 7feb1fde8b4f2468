using System.Globalization;
using System.Text;

namespace Iba.Benchmarks;

/// <summary>Where the time of a heat map goes.</summary>
internal sealed class ProfilePart : IBenchmarkPart
{
    /// <summary>Kinds of parts with less than this share of the tail's time share a line.</summary>
    private const double LeastShare = 0.01;

    public string Name => "profile";

    public string Run(BenchmarkSettings settings, string folder)
    {
        var text = new StringBuilder(
            """
            ## Where the time goes

            Medians in milliseconds. The tail's nodes are run one by one (a rectifier with the node before it, whose output it may overwrite), forward and
            backward, on what they get in the network; below their sum stands the tail in one go. A multiplication and an addition are two floating
            point operations; the backward pass, to the features alone, has as many as the forward pass. The rate of a large convolution
            (3x3, 256 to 256 channels, 10 images of 56x56) tells what this machine can do.


            """);
        foreach (var network in settings.Choose())
        {
            using var worker = WorkerProcess.Start(settings.Order(WorkKind.Profile, network) with { Images = settings.Rounds }, settings.Threads);
            Console.WriteLine($"{network.Name}: profile");
            worker.WarmUp();
            var profile = worker.Run().Profile!;
            text.AppendLine(CultureInfo.InvariantCulture, $"### {network.Name}, {network.LayerTitle}").AppendLine();
            text.AppendLine(Tail(profile, settings.Copies).ToString());
            text.AppendLine(Parts(profile, settings.Steps).ToString());
            text.AppendLine(Bounds(profile, settings)).AppendLine();
        }

        return text.ToString();
    }

    private static Table Tail(HeatmapProfile profile, int copies)
    {
        var table = new Table($"One step of the tail, {copies} copies", "times", "GFLOP", "forward", "backward", "GFLOP/s forward", "GFLOP/s backward");
        var sum = PartTime.Sum("sum", profile.TailParts);
        var (large, small) = (profile.TailParts.ToLookup(IsLarge)[true], profile.TailParts.ToLookup(IsLarge)[false]);
        foreach (var part in large.Append(PartTime.Sum("others", small)).Append(sum)) Add(part);
        Add(new PartTime("in one go", sum.Count, sum.GigaFlop, profile.TailForward, profile.TailBackward));
        return table;

        bool IsLarge(PartTime part) => part.Forward + part.Backward >= LeastShare * (sum.Forward + sum.Backward);

        void Add(PartTime part) => table.Add(
            part.Kind, $"{part.Count}", Number(part.GigaFlop, "F2"), Number(part.Forward), Number(part.Backward),
            Rate(part.GigaFlop, part.Forward), Rate(part.GigaFlop, part.Backward));
    }

    private static Table Parts(HeatmapProfile profile, int steps)
    {
        var table = new Table("One heat map", "once", "times", "share");
        Add("tail, forward", profile.TailForward, steps);
        Add("tail, backward", profile.TailBackward, steps);
        Add("mask and smoothing", profile.Mask, steps);
        Add("capacity", profile.Capacity, steps);
        Add("gradient of the mask", profile.MaskGradient, steps);
        Add("Adam", profile.Adam, steps);
        double rest = profile.Step - profile.TailForward - profile.TailBackward - profile.Mask - profile.Capacity - profile.MaskGradient - profile.Adam;
        Add("noisy copies, loss, sums over the copies (the rest of a step)", rest, steps);
        Add("head", profile.Head, 1);
        Add("tail on the clean features", profile.Clean, 1);
        Add("the rest: start, heat map, and what takes longer here than measured alone", profile.Whole - (steps * profile.Step) - profile.Head - profile.Clean, 1);
        Add("whole", profile.Whole, 1);
        return table;

        void Add(string part, double milliseconds, int times)
            => table.Add(part, Number(milliseconds), $"{times}", string.Create(CultureInfo.InvariantCulture, $"{times * milliseconds / profile.Whole:P1}"));
    }

    /// <summary>What the number of operations alone would have it.</summary>
    private static string Bounds(HeatmapProfile profile, BenchmarkSettings settings)
    {
        double tail = profile.TailParts.Sum(part => part.GigaFlop);
        double network = tail / (1 - profile.HeadShare);
        double once = network / settings.Copies;
        double library = once + (2 * settings.Steps * tail);
        double whole = once + (3 * settings.Steps * network);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            The large convolution runs at {profile.BestRate:F0} GFLOP/s. At that rate the {library:F0} GFLOP of a heat map would take {1000 * library / profile.BestRate:F0} ms,
            {library / profile.BestRate * 1e5 / profile.Whole:F0} % of what it takes. The whole network re-run at each step, with gradients of features and weights, has {whole:F0} GFLOP,
            {whole / library:F2} times as many: what it takes beyond that is due to its kernels and its memory, not to the number of operations.
            """);
    }

    private static string Rate(double gigaFlop, double milliseconds) => gigaFlop < 0.01 || milliseconds <= 0 ? "-" : Number(1000 * gigaFlop / milliseconds, "F0");

    private static string Number(double value, string format = "F1") => value.ToString(format, CultureInfo.InvariantCulture);
}
