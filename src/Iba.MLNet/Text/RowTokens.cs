using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>The tokens of the row at which a cursor stands.</summary>
internal sealed class RowTokens(
    DataViewRow row, ValueGetter<ReadOnlyMemory<char>> getText, Func<ReadOnlyMemory<char>, IReadOnlyList<TextToken>> encode)
{
    private ReadOnlyMemory<char> _text;
    private IReadOnlyList<TextToken> _pieces = [];
    private long _position = -1;

    public Delegate MakeGetter(TokenContent content) => content switch
    {
        TokenContent.Ids => PerToken(piece => piece.Id),
        TokenContent.Mask => PerToken(_ => 1),
        TokenContent.Types => PerToken(_ => 0),
        _ => (ValueGetter<VBuffer<int>>)Offsets,
    };

    private ValueGetter<VBuffer<long>> PerToken(Func<TextToken, long> value) => (ref VBuffer<long> destination) =>
    {
        Refresh();
        var editor = VBufferEditor.Create(ref destination, _pieces.Count);
        for (int i = 0; i < _pieces.Count; i++) editor.Values[i] = value(_pieces[i]);
        destination = editor.Commit();
    };

    private void Offsets(ref VBuffer<int> destination)
    {
        Refresh();
        var editor = VBufferEditor.Create(ref destination, 2 * _pieces.Count);
        for (int i = 0; i < _pieces.Count; i++) (editor.Values[2 * i], editor.Values[(2 * i) + 1]) = (_pieces[i].Start, _pieces[i].Length);
        destination = editor.Commit();
    }

    private void Refresh()
    {
        if (row.Position == _position) return;
        getText(ref _text);
        _pieces = encode(_text);
        _position = row.Position;
    }
}
