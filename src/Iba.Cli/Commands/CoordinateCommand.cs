using System.CommandLine;
using System.Net;
using Iba.Orleans;

namespace Iba.Cli;

/// <summary><c>iba coordinate</c>: hands out a job's shards to workers on many machines.</summary>
internal static class CoordinateCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var folder = SharedOptions.Job();
        var listen = Address("--listen", "This machine's address that workers connect to; 0.0.0.0: all of them. Default: loopback, for workers on this machine.", "an address of this machine, such as 0.0.0.0");
        var advertise = Address("--advertise", "The address by which workers reach it, where that is not this machine's first: others are refused.", "an address, such as 10.0.0.7");
        var port = SharedOptions.Whole("--port", $"The port that workers connect to; coordinators talk with each other at the one after it. Default: {JobCoordinatorOptions.DefaultPort}.", least: 1);
        var redis = SharedOptions.Redis();
        var tls = SharedOptions.Tls();
        var dashboard = SharedOptions.Whole("--dashboard", "Show Orleans' dashboard to browsers on this machine, at this port.", least: 1);
        var command = new ExampleCommand("coordinate", "Hands out a job's shards to workers on many machines, until all are done. It may be killed: another one goes on.", surroundings)
        {
            Examples =
            [
                ("iba coordinate job", "For workers on this machine."),
                ("iba coordinate job --listen 0.0.0.0 --tls job.pem", "For workers on all machines that have the file."),
                ("iba coordinate job --redis redis:6379 --listen 0.0.0.0", "One of several coordinators, which find each other in Redis."),
            ],
        };
        command.Add(folder);
        foreach (var option in new Option[] { listen, advertise, port, redis, tls, dashboard }) command.Add(option);
        command.Does((parsed, reporter) =>
        {
            var job = surroundings.OpenJob(parsed.GetValue(folder)!, Context.Create(reporter));
            Coordination.Run(job, new JobCoordinatorOptions
            {
                Address = parsed.GetValue(listen) ?? IPAddress.Loopback,
                AdvertisedAddress = parsed.GetValue(advertise),
                Port = parsed.GetValue(port) ?? JobCoordinatorOptions.DefaultPort,
                Redis = parsed.GetValue(redis),
                Certificate = OrleansSettings.ReadCertificate(parsed.GetValue(tls)),
                DashboardPort = parsed.GetValue(dashboard),
            }, reporter, surroundings.Cancellation);
            return StatusCommand.Report(job, reporter);
        });
        return command;
    }

    private static Option<IPAddress?> Address(string name, string description, string allowed) => new(name)
    {
        Description = description,
        HelpName = "address",
        CustomParser = result =>
        {
            if (IPAddress.TryParse(result.Tokens[0].Value, out var address)) return address;
            result.AddError($"{name} is '{result.Tokens[0].Value}'; it must be {allowed}.");
            return null;
        },
    };
}
