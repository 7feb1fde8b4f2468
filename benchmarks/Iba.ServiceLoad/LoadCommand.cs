using System.CommandLine;

namespace Iba.ServiceLoad;

/// <summary>The command; no top-level program, since the service's is one.</summary>
internal static class LoadCommand
{
    public static async Task<int> Main(string[] args)
    {
        var explainer = new Option<string?>("--explainer") { Description = "An explainer's zip. Default: the sample's own, which is measured when it is not there yet." };
        var photograph = new Option<string>("--photograph") { Description = "What is sent.", DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "assets", "photos", "dog.jpg") };
        var clients = new Option<int[]>("--clients") { Description = "How many clients ask at once, one run for each. Default: 1 4 16 40.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 4, 16, 40] };
        var seconds = new Option<int>("--seconds") { Description = "How long a run begins requests. Default: 20.", DefaultValueFactory = _ => 20 };
        var page = new Option<string>("--page") { Description = "The page with the place for the table.", DefaultValueFactory = _ => "docs/web-service.md" };
        var root = new RootCommand("Loads the sample's web service over the loopback, and writes the table of docs/web-service.md.") { explainer, photograph, clients, seconds, page };
        root.SetAction(async parsed =>
        {
            using var service = new LoadedService(parsed.GetValue(explainer));
            byte[] file = await File.ReadAllBytesAsync(parsed.GetValue(photograph)!);
            await service.WarmUpAsync(file);
            var runs = new List<LoadRun>();
            foreach (int count in parsed.GetValue(clients)!) runs.Add(await service.RunAsync(file, count, TimeSpan.FromSeconds(parsed.GetValue(seconds))));
            LoadTable.Write(parsed.GetValue(page)!, runs);
        });
        return await root.Parse(args).InvokeAsync();
    }
}
