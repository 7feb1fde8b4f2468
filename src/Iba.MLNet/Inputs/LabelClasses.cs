using System.Globalization;
using System.Numerics;
using Iba.Torch;

namespace Iba.MLNet;

/// <summary>
/// Which class a label's value stands for: a number is the class itself, a text a class name. A name that differs in upper and lower case
/// alone is accepted where it fits a single class.
/// </summary>
internal sealed class LabelClasses
{
    private readonly IReadOnlyList<string>? _names;
    private readonly int _count;
    private readonly ILookup<string, int> _exactly;
    private readonly ILookup<string, int> _ignoringCase;

    /// <param name="names">The names of the classes, in order; null: there are none.</param>
    /// <param name="count">The number of classes.</param>
    public LabelClasses(IReadOnlyList<string>? names, int count)
    {
        _names = names;
        _count = count;
        var indexed = (names ?? []).Select((name, index) => (Name: name, Index: index)).ToArray();
        _exactly = indexed.ToLookup(named => named.Name, named => named.Index, StringComparer.Ordinal);
        _ignoringCase = indexed.ToLookup(named => named.Name, named => named.Index, StringComparer.OrdinalIgnoreCase);
        KnowsBooleans = count == 2 || (NamedOnce("false") && NamedOnce("true"));
    }

    /// <summary>Whether true and false stand for classes: by their names or, where there are two classes, for the second and the first.</summary>
    public bool KnowsBooleans { get; }

    /// <summary>The class of a number.</summary>
    /// <exception cref="InvalidDataException">There is no such class.</exception>
    public long OfNumber<T>(T number)
        where T : struct, INumber<T>
    {
        if (T.IsNaN(number)) throw new InvalidDataException("is missing where the class to explain is needed");
        if (!T.IsInteger(number)) throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"is {number}, which is no class: classes are whole numbers"));
        if (T.IsNegative(number)) throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"is {number}; a class is at least 0"));
        long known = long.CreateSaturating(number);
        return known < _count
            ? known
            : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"asks for class {number}; the network has classes 0 to {_count - 1}"));
    }

    /// <summary>The class of a name.</summary>
    /// <exception cref="InvalidDataException">No class has that name, or several do.</exception>
    public long OfName(ReadOnlyMemory<char> text)
    {
        string name = text.ToString();
        if (name.Length == 0) throw new InvalidDataException("is empty where the name of the class to explain is needed");
        int[] found = _exactly[name].ToArray();
        if (found.Length == 0) found = _ignoringCase[name].ToArray();
        return found switch
        {
            [var only] => only,
            [] => throw new InvalidDataException($"is '{name}', which is none of the {_count} class names{Nearest(name)}"),
            [var first, var second, ..] => throw new InvalidDataException($"is '{name}', which may be class {first} ('{_names![first]}') or {second} ('{_names[second]}')"),
        };
    }

    /// <summary>The class of true or false.</summary>
    /// <exception cref="InvalidDataException">Not if <see cref="KnowsBooleans"/>.</exception>
    public long OfBoolean(bool value)
    {
        if (!KnowsBooleans) throw new InvalidDataException($"is {value}; the network has {_count} classes");
        return NamedOnce("false") && NamedOnce("true") ? _ignoringCase[value ? "true" : "false"].First() : value ? 1 : 0;
    }

    private bool NamedOnce(string name) => _ignoringCase[name].Take(2).Count() == 1;

    private string Nearest(string name)
    {
        string nearest = string.Join(", ", NearestNames.Of(name, _names ?? []).Select(known => $"'{known}'"));
        return nearest.Length == 0 ? "" : $" (the nearest: {nearest})";
    }
}
