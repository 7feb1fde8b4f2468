using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Iba.Jobs.Tests;
using k8s;
using k8s.Models;

namespace Iba.Cli.Tests;

/// <summary>The files in deploy/ and the recipes of docs/scale.md: read as engines read them, and run with the tool.</summary>
public class DeployTests(Photographs photographs) : IClassFixture<Photographs>
{
    private const string Index = "JOB_COMPLETION_INDEX";
    private const string JobFolder = "/data/job";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "deploy");

    [Fact]
    public void The_indexed_job_does_every_shard()
    {
        var job = Assert.IsType<V1Job>(Assert.Single(Objects("kubernetes-job.yaml")));
        Assert.Equal(("Indexed", 16, 16), (job.Spec.CompletionMode, job.Spec.Completions, job.Spec.Parallelism));
        string folder = Plan("indexed");
        string[] arguments = Arguments(job, folder);

        for (int index = 0; index < job.Spec.Completions; index++)
        {
            Environment.SetEnvironmentVariable(Index, index.ToString(CultureInfo.InvariantCulture));
            try
            {
                Assert.Equal(ExitCode.Success, Typed.Run(arguments).Code);
            }
            finally
            {
                Environment.SetEnvironmentVariable(Index, null);
            }
        }

        AssertMerges(folder);
    }

    [Fact]
    public void Coordinator_and_workers_fit_together()
    {
        object[] objects = Objects("kubernetes-orleans.yaml");
        var service = Assert.Single(objects.OfType<V1Service>());
        V1Job[] jobs = [.. objects.OfType<V1Job>()];
        Assert.Equal(3, objects.Length);
        var root = CommandLine.Create(new Surroundings { Output = TextWriter.Null, Error = TextWriter.Null });

        Assert.All(jobs, job => Assert.Empty(root.Parse(Arguments(job, "job")).Errors));
        Assert.Contains($"{service.Metadata.Name}:{service.Spec.Ports[0].Port}", Arguments(jobs[1], "job"));
        Assert.Equal("None", service.Spec.ClusterIP);
        Assert.Equal(service.Spec.Selector, jobs[0].Spec.Template.Metadata.Labels);
        Assert.Equal(service.Spec.Ports[0].Port, Assert.Single(Container(jobs[0]).Ports).ContainerPort);
        // What has no count of completions is over when its pods are.
        Assert.Equal((16, null), (jobs[1].Spec.Parallelism, jobs[1].Spec.Completions));
    }

    [Theory]
    [InlineData("kubernetes-job.yaml")]
    [InlineData("kubernetes-orleans.yaml")]
    public void Volumes_that_are_mounted_are_there_and_pods_have_no_rights(string file)
        => Assert.All(Objects(file).OfType<V1Job>(), job =>
        {
            var pod = job.Spec.Template.Spec;
            Assert.Equal(Container(job).VolumeMounts.Select(mount => mount.Name), pod.Volumes.Select(volume => volume.Name));
            Assert.True(pod.SecurityContext.RunAsNonRoot);
            Assert.Equal((false, "ALL"), (Container(job).SecurityContext.AllowPrivilegeEscalation, Assert.Single(Container(job).SecurityContext.Capabilities.Drop)));
            Assert.Contains($"USER {pod.SecurityContext.RunAsUser}", File.ReadAllLines(Path.Combine(Folder, "Dockerfile")));
        });

    [Fact]
    public void A_field_that_Kubernetes_does_not_know_is_found()
    {
        string manifest = File.ReadAllText(Path.Combine(Folder, "kubernetes-job.yaml"));

        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString(manifest.Replace("backoffLimitPerIndex", "backoffLimitsPerIndex", StringComparison.Ordinal), strict: true));
    }

    [Fact]
    public void The_array_script_does_every_shard()
    {
        using var folder = new TemporaryFolder();
        string path = Shim(folder);
        StubJob.Plan(folder["job"], rows: 16, shardRows: 4);
        string tasks = Assert.Single(File.ReadAllLines(Path.Combine(Folder, "slurm.sh")), line => line.StartsWith("#SBATCH --array=", StringComparison.Ordinal));
        Assert.Equal("#SBATCH --array=0-15", tasks);

        for (int task = 0; task < 2; task++)
        {
            using var script = Start("slurm.sh", path, [("SLURM_ARRAY_TASK_ID", $"{task}"), ("SLURM_ARRAY_TASK_COUNT", "2")], folder["job"]);
            string errors = script.StandardError.ReadToEnd();
            script.WaitForExit();
            // One of the rows is a failure, which is no failure of the task.
            Assert.True(script.ExitCode == 0, errors);
        }

        var status = StubJob.Open(folder["job"]).Status();
        Assert.Equal((true, 1), (status.IsComplete, status.Failures));
    }

    [Fact]
    public void A_task_that_is_told_to_end_lets_the_row_under_way_end()
    {
        using var folder = new TemporaryFolder();
        string path = Shim(folder);
        StubJob.Plan(folder["job"], rows: 2000, shardRows: 10);
        using var task = Start("task.sh", path, [("MILLISECONDS", "20")], "work", folder["job"], "--json");
        Assert.Contains("progress", task.StandardOutput.ReadLine(), StringComparison.Ordinal);

        using (var kill = Process.Start("kill", ["-TERM", $"{task.Id}"])) kill.WaitForExit();
        task.StandardOutput.ReadToEnd();
        task.WaitForExit();

        var status = StubJob.Open(folder["job"]).Status();
        Assert.Equal((ExitCode.Interrupted, false, 0, 0), (task.ExitCode, status.IsComplete, status.Working, status.Deaths));
    }

    [Fact]
    public void The_image_is_made_of_files_that_are_there_and_runs_without_rights()
    {
        string[] lines = [.. File.ReadAllLines(Path.Combine(Folder, "Dockerfile")).Where(line => line.Length > 0 && line[0] is not ('#' or ' '))];

        Assert.Matches(@"^FROM [a-z/]+:[0-9][^ ]*$", Assert.Single(lines, line => line.StartsWith("FROM", StringComparison.Ordinal)));
        string[] copied = [.. lines.Where(line => line.StartsWith("COPY", StringComparison.Ordinal)).Select(line => line.Split(' ').First(word => word.StartsWith("artifacts/", StringComparison.Ordinal) || word.StartsWith("deploy/", StringComparison.Ordinal)))];
        Assert.Equal(["artifacts/iba", "deploy/task.sh"], copied);
        Assert.True(File.Exists(Path.Combine(Folder, "task.sh")));
        Assert.Equal([.. copied.Select(file => $"!{file}")], File.ReadAllLines(Path.Combine(Folder, "Dockerfile.dockerignore")).Skip(1));
        Assert.True(Array.FindIndex(lines, line => line.StartsWith("USER ", StringComparison.Ordinal)) > Array.FindLastIndex(lines, line => line.StartsWith("RUN ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Spark_and_Ray_do_every_shard()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "scale.md"));
        string[] pipe = Regex.Match(page, @"\.pipe\(""iba (work [^""]*)""\)").Groups[1].Value.Replace(JobFolder, Plan("spark"), StringComparison.Ordinal).Split(' ');
        foreach (int[] partition in new int[][] { [0, 1], [2], [3, 4] })
        {
            var typed = Typed.Run(string.Join('\n', partition), [.. pipe, "--quiet"]);
            Assert.Equal(partition.Select(shard => $"{shard} done"), typed.Lines);
        }

        AssertMerges(photographs["spark"]);
        string folder = Plan("ray");
        string[] words = [.. Regex.Matches(Regex.Match(page, @"\[""iba"", (""work"", [^\]]*)\]").Groups[1].Value, @"""([^""]*)""").Select(word => word.Groups[1].Value)];
        Assert.Equal(["work", JobFolder, "--shard", "{i}/{n}"], words);
        for (int i = 0; i < 3; i++) Typed.Run([.. words.Select(word => word == JobFolder ? folder : word.Replace("{i}", $"{i}", StringComparison.Ordinal).Replace("{n}", "3", StringComparison.Ordinal))]);
        AssertMerges(folder);
    }

    private static object[] Objects(string file) => [.. KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(Folder, file)), strict: true)];

    private static V1Container Container(V1Job job) => Assert.Single(job.Spec.Template.Spec.Containers);

    private static string[] Arguments(V1Job job, string folder) => [.. Container(job).Args.Select(word => word == JobFolder ? folder : word)];

    // What engines start is 'iba', wherever the system finds it.
    private static string Shim(TemporaryFolder folder)
    {
        string shim = Path.Combine(Directory.CreateDirectory(folder["bin"]).FullName, "iba");
        File.WriteAllText(shim, $"#!/bin/sh\nexec dotnet '{ToolProcess.Worker}' \"$@\"\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(shim, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return $"{folder["bin"]}:{Environment.GetEnvironmentVariable("PATH")}";
    }

    private static Process Start(string script, string path, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Folder, script), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = path;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private string Plan(string name)
    {
        string folder = photographs[name];
        Typed.Run("plan", photographs.Folder, "--model", photographs.Zip, "--output", folder, "--shard-rows", "2");
        return folder;
    }

    private static void AssertMerges(string folder) => Assert.Equal((ExitCode.Success, 9), (Typed.Run("merge", folder, "--json") is var merged ? merged.Code : -1, (int)merged.Result["rows"]!));
}
