using System.Globalization;
using System.Text;

namespace Iba.Onnx;

/// <summary>
/// Names of classes as exporters write them into a file's metadata: a list, or a dictionary of numbers and names either way round, in
/// JSON or as Python prints it.
/// </summary>
internal sealed class NameLiteral
{
    private readonly string _text;
    private int _position;

    private NameLiteral(string text) => _text = text;

    /// <summary>The names in the order of their numbers; null where the text is anything else.</summary>
    public static IReadOnlyList<string>? Parse(string text)
    {
        var literal = new NameLiteral(text);
        return literal.Next() switch
        {
            '[' => literal.List(']'),
            '(' => literal.List(')'),
            '{' => literal.Dictionary(),
            _ => null,
        };
    }

    /// <summary>Names by their numbers, which must be 0, 1, 2, ...</summary>
    public static IReadOnlyList<string>? InOrder(IEnumerable<KeyValuePair<long, string>> entries)
    {
        var sorted = entries.OrderBy(entry => entry.Key).ToArray();
        return sorted.Select((entry, i) => entry.Key == i).All(inPlace => inPlace) ? sorted.Select(entry => entry.Value).ToArray() : null;
    }

    private string[]? List(char end)
    {
        var names = new List<string>();
        while (true)
        {
            if (TryTake(end)) return IsAtEnd() ? names.ToArray() : null;
            if (Value() is not { IsText: true } name) return null;
            names.Add(name.Text);
            if (!TryTake(',') && Peek() != end) return null;
        }
    }

    private IReadOnlyList<string>? Dictionary()
    {
        var entries = new List<KeyValuePair<long, string>>();
        while (true)
        {
            if (TryTake('}')) return IsAtEnd() ? InOrder(entries) : null;
            if (Value() is not { } key || !TryTake(':') || Value() is not { } value) return null;
            if (value.IsText && Number(key.Text) is { } number) entries.Add(new(number, value.Text));
            else if (key.IsText && !value.IsText && Number(value.Text) is { } place) entries.Add(new(place, key.Text));
            else return null;
            if (!TryTake(',') && Peek() != '}') return null;
        }
    }

    /// <summary>A quoted text, or a number as it is written.</summary>
    private (string Text, bool IsText)? Value()
    {
        char quote = Peek();
        if (quote is not ('"' or '\''))
        {
            int start = _position;
            while (_position < _text.Length && (char.IsAsciiDigit(_text[_position]) || _text[_position] == '-')) _position++;
            return _position > start ? (_text[start.._position], false) : null;
        }

        _position++;
        var text = new StringBuilder();
        while (_position < _text.Length)
        {
            char next = _text[_position++];
            if (next == quote) return (text.ToString(), true);
            if (next != '\\') text.Append(next);
            else if (Escape() is { } escaped) text.Append(escaped);
            else return null;
        }

        return null;
    }

    private char? Escape()
    {
        if (_position >= _text.Length) return null;
        char kind = _text[_position++];
        int digits = kind switch { 'u' => 4, 'x' => 2, _ => 0 };
        if (digits == 0) return kind switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', '"' or '\'' or '\\' or '/' => kind, _ => null };
        if (_position + digits > _text.Length || !ushort.TryParse(_text.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code)) return null;
        _position += digits;
        return (char)code;
    }

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private char Next()
    {
        char next = Peek();
        if (_position < _text.Length) _position++;
        return next;
    }

    private bool TryTake(char wanted)
    {
        if (Peek() != wanted) return false;
        _position++;
        return true;
    }

    private bool IsAtEnd() => Peek() == '\0' && _position >= _text.Length;

    /// <summary>The next character behind white space; NUL at the end.</summary>
    private char Peek()
    {
        while (_position < _text.Length && char.IsWhiteSpace(_text[_position])) _position++;
        return _position < _text.Length ? _text[_position] : '\0';
    }
}
