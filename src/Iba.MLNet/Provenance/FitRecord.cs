using System.Reflection;
using TorchSharp;

namespace Iba.MLNet;

/// <summary>What is saved of how a transformer came about, beside its settings. No date: equal fits give equal files.</summary>
/// <param name="NetworkSha256">The hash of the network's entry; null: not saved yet, or by an earlier version.</param>
/// <param name="Options">The estimator's options, a line each.</param>
/// <param name="LibraryVersion">The version of this library; null: not known.</param>
/// <param name="TorchVersion">The version of libtorch; null: not known.</param>
internal sealed record FitRecord(string? NetworkSha256, IReadOnlyList<string> Options, string? LibraryVersion, string? TorchVersion)
{
    private const int MostOptions = 1000;

    /// <summary>The record of files of earlier versions.</summary>
    public static FitRecord Unknown { get; } = new(null, [], null, null);

    /// <summary>The record of a fit in this process.</summary>
    public static FitRecord Of(AttributionOptions options) => new(null, OptionLines.Of(options), ThisLibrary(), torch.__version__);

    /// <summary>The same with another value of an option; null: without it.</summary>
    public FitRecord With(string name, string? value)
    {
        var others = Options.Where(line => !line.StartsWith($"{name} = ", StringComparison.Ordinal));
        return this with { Options = [.. (value == null ? others : others.Append($"{name} = {value}")).Order(StringComparer.Ordinal)] };
    }

    // *** Binary format ***
    // text or null: SHA-256 of the network; text or null: version of the library; text or null: version of libtorch
    // int: number of options
    //   text: name = value
    public void Save(BinaryWriter writer)
    {
        writer.WriteText(NetworkSha256);
        writer.WriteText(LibraryVersion);
        writer.WriteText(TorchVersion);
        writer.Write(Options.Count);
        foreach (string line in Options) writer.WriteText(line);
    }

    public static FitRecord Load(SettingsReader reader)
    {
        string? hash = reader.ReadString(), library = reader.ReadString(), torch = reader.ReadString();
        string[] options = Enumerable.Range(0, reader.ReadCount(MostOptions)).Select(_ => reader.ReadNonEmptyString()).ToArray();
        return new FitRecord(hash, options, library, torch);
    }

    private static string? ThisLibrary() => typeof(FitRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
