namespace Iba.Torch;

/// <summary>Switches by which an application keeps the process settings that this library would change.</summary>
internal static class KeepSwitch
{
    /// <summary>
    /// Whether a switch is on: by AppContext, or by the environment variable of the same name in capitals with underscores set to 1 or true.
    /// </summary>
    public static bool IsOn(string name)
        => (AppContext.TryGetSwitch(name, out bool keep) && keep)
            || Environment.GetEnvironmentVariable(name.Replace('.', '_').ToUpperInvariant()) is "1" or "true";
}
