using System.Diagnostics;
using Iba.Fuzz;
using SharpFuzz;

// fuzz TARGET: reads what AFL sends.   seeds TARGET FOLDER: writes what it starts from.   run TARGET FOLDER: all files of a folder, once.
// pack QUEUE CORPUS: the files of AFL's queue that reached new code, as a zip.
switch (args)
{
    case ["fuzz", var target]:
        var take = FuzzTargets.All[target];
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            take(bytes.ToArray());
        });
        return 0;
    case ["seeds", var target, var folder]:
        Directory.CreateDirectory(folder);
        foreach (var (name, file) in Seeds.For(target)) File.WriteAllBytes(Path.Combine(folder, name), file);
        return 0;
    case ["run", var target, var folder]:
        foreach (string file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            var watch = Stopwatch.StartNew();
            bool taken = FuzzTargets.All[target](File.ReadAllBytes(file));
            Console.WriteLine($"{(taken ? "taken" : "refused"),-8} {watch.ElapsedMilliseconds,6} ms  {Path.GetFileName(file)}");
        }

        return 0;
    case ["pack", var queue, var corpus]:
        Seeds.Pack(queue, corpus);
        return 0;
    default:
        Console.Error.WriteLine($"Iba.Fuzz fuzz|seeds|run {string.Join('|', FuzzTargets.All.Keys)} [FOLDER], or Iba.Fuzz pack QUEUE CORPUS");
        return 64;
}
