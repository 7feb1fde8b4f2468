// The tool iba on jobs without a network. MILLISECONDS is how long a row takes, KILLERS are rows that end the process (-1: opening the job does).
using System.Globalization;
using Iba.Jobs.Tests;

var duration = TimeSpan.FromMilliseconds(double.Parse(Environment.GetEnvironmentVariable("MILLISECONDS") ?? "0", CultureInfo.InvariantCulture));
HashSet<long> killers = [.. (Environment.GetEnvironmentVariable("KILLERS") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(row => long.Parse(row, CultureInfo.InvariantCulture))];
return Iba.Cli.Program.Run(args, surroundings => surroundings with
{
    OpenJob = (folder, _) =>
    {
        if (surroundings.IsWorker && killers.Contains(-1)) Environment.FailFast("Opening the job ends the process.");
        return StubJob.Open(folder, () => new StubExplainer(duration, killers));
    },
});
