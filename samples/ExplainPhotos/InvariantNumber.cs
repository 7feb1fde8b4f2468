using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace ExplainPhotos;

/// <summary>
/// Options that are numbers, read alike on every machine: 0.5 is a half, whatever the user's culture. What may mean something else, such as
/// 0,5 or 1,000, is refused: read with a culture, it would be 5 to one machine and a half to another.
/// </summary>
internal static class InvariantNumber
{
    /// <summary>An option that is a number with a point.</summary>
    public static Option<double> Double(string name, string description, double byDefault) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => byDefault,
        CustomParser = result => Parse(result, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, "a number with a point, such as 0.5", byDefault),
    };

    /// <summary>An option that is a whole number, at least a smallest one.</summary>
    public static Option<int> Int32(string name, string description, int least, int byDefault) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => byDefault,
        CustomParser = result => ParseWhole(result, least, byDefault),
    };

    /// <summary>An option that is a whole number, at least 0, or not there.</summary>
    public static Option<int?> OptionalInt32(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => ParseWhole(result, least: 0, 0),
    };

    private static int ParseWhole(ArgumentResult result, int least, int otherwise)
    {
        string allowed = $"a whole number of at least {least}, such as {Math.Max(least, 12)}";
        int value = Parse(result, NumberStyles.None, allowed, otherwise);
        if (value < least) result.AddError($"{Name(result)} is {result.Tokens[0].Value}; it must be {allowed}.");
        return value;
    }

    private static T Parse<T>(ArgumentResult result, NumberStyles styles, string allowed, T otherwise)
        where T : System.Numerics.INumber<T>
    {
        string text = result.Tokens[0].Value;
        if (T.TryParse(text, styles, CultureInfo.InvariantCulture, out var value) && T.IsFinite(value)) return value;
        result.AddError($"{Name(result)} is '{text}'; it must be {allowed}.{Suggestion(text)}");
        return otherwise;
    }

    private static string Suggestion(string text)
        => text.Count(c => c == ',') == 1 && !text.Contains('.', StringComparison.Ordinal) ? $" Did you mean {text.Replace(',', '.')}?" : "";

    private static string Name(ArgumentResult result) => (result.Parent as OptionResult)?.Option.Name ?? result.Argument.Name;
}
