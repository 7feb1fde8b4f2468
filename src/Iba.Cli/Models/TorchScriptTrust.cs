using Iba.MLNet;

namespace Iba.Cli;

/// <summary>
/// Whether TorchScript may be loaded: it brings code that is run. Who names such a file with --network trusts it; zips and jobs that hold one, and come from
/// somebody else, need a word.
/// </summary>
internal static class TorchScriptTrust
{
    /// <summary>The option that gives it.</summary>
    public const string Option = "--allow-torchscript";

    /// <summary>Whether it was given in this process.</summary>
    public static bool IsGiven { get; private set; }

    /// <summary>Gives it, for this process and the workers that it starts.</summary>
    public static void Give()
    {
        NetworkFormats.Allow(NetworkFile.TorchScript);
        IsGiven = true;
    }

    /// <summary>A failure that says what a program has to call, in the words of the tool.</summary>
    public static string Words(string message)
        => message.Replace($"call {nameof(NetworkFormats)}.{nameof(NetworkFormats.Allow)}(\"{NetworkFile.TorchScript}\") before loading it", $"add {Option}", StringComparison.Ordinal);
}
