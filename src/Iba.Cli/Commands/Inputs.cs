using System.CommandLine;
using Iba.Jobs;

namespace Iba.Cli;

/// <summary>What is to be explained, as it was typed.</summary>
internal static class Inputs
{
    public static Argument<string[]> Argument() => new("input")
    {
        Description = "Photographs; or one folder, list of files (a path a line, after a tab the class to explain), .parquet or .idv file.",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Whether all of it is photographs by name.</summary>
    public static bool ArePhotographs(IReadOnlyList<string> inputs)
        => inputs.All(input => !Directory.Exists(input) && JobSource.PictureExtensions.Contains(Path.GetExtension(input).ToLowerInvariant()));

    /// <summary>The rows.</summary>
    /// <exception cref="UsageException">There are several things of which one alone is taken.</exception>
    /// <exception cref="FileNotFoundException">Something is missing.</exception>
    public static JobSource Source(IReadOnlyList<string> inputs)
    {
        if (inputs.Count == 1) return JobSource.Of(inputs[0]);
        if (!ArePhotographs(inputs)) throw new UsageException("Give photographs, or one folder, list, .parquet or .idv file.");
        if (inputs.FirstOrDefault(input => !File.Exists(input)) is { } missing) throw new FileNotFoundException($"There is no file or folder '{missing}'.");
        return JobSource.Files(inputs);
    }
}
