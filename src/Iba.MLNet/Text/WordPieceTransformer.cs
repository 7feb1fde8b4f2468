using Iba.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(WordPieceTransformer.Summary, typeof(WordPieceTransformer), null, typeof(SignatureLoadModel),
    WordPieceTransformer.UserName, WordPieceTransformer.LoaderSignature)]
[assembly: LoadableClass(typeof(IRowMapper), typeof(WordPieceTransformer), null, typeof(SignatureLoadRowMapper),
    WordPieceTransformer.UserName, WordPieceTransformer.LoaderSignature)]

namespace Iba.MLNet;

/// <summary>What <see cref="WordPieceEstimator"/> makes: texts to token ids. Saved with its vocabulary.</summary>
public sealed class WordPieceTransformer : RowToRowTransformerBase
{
    internal const string Summary = "Turns text into the token ids of a BERT vocabulary (WordPiece).";
    internal const string UserName = "WordPiece Tokenizer Transform";
    internal const string LoaderSignature = "IbaWordPiece";

    private const string VocabularyEntry = "Vocabulary.txt";

    private readonly byte[] _vocabulary;
    private readonly bool _uncased;
    private readonly int _maximumTokens;
    private readonly WordPieceEncoder _encoder;

    internal WordPieceTransformer(IHostEnvironment env, WordPieceColumns columns, byte[] vocabulary, bool uncased, int maximumTokens)
        : base(Contracts.CheckRef(env, nameof(env)).Register(nameof(WordPieceTransformer)))
    {
        Columns = columns;
        _vocabulary = vocabulary;
        _uncased = uncased;
        _maximumTokens = maximumTokens;
        _encoder = new WordPieceEncoder(vocabulary, uncased, maximumTokens);
    }

    internal WordPieceColumns Columns { get; }

    /// <summary>The id that shorter rows are padded with; null: the vocabulary has none.</summary>
    internal long? PaddingId => _encoder.PaddingId;

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "IBAWPIEC",
        verWrittenCur: 0x00010001, // Initial
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(WordPieceTransformer).Assembly.FullName);

    // Factory method for SignatureLoadModel.
    private static WordPieceTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel(GetVersionInfo());

        // *** Binary format ***
        // string: input column
        // string: ids column
        // string or null: mask, offsets, token types columns
        // bool: uncased
        // int: maximum tokens
        // entry Vocabulary.txt: the vocabulary file
        var columns = WordPieceColumns.Load(ctx);
        bool uncased = ctx.Reader.ReadBoolean();
        int maximumTokens = ctx.Reader.ReadInt32();
        env.CheckDecode(maximumTokens >= 3);
        byte[]? vocabulary = null;
        ctx.TryLoadBinaryStream(VocabularyEntry, reader => vocabulary = ReadAll(reader));
        env.CheckDecode(vocabulary != null);
        try
        {
            return new WordPieceTransformer(env, columns, vocabulary!, uncased, maximumTokens);
        }
        catch (FormatException failure)
        {
            throw env.ExceptDecode(failure, failure.Message);
        }
    }

    // Factory method for SignatureLoadRowMapper.
    private static IRowMapper Create(IHostEnvironment env, ModelLoadContext ctx, DataViewSchema inputSchema)
        => Create(env, ctx).MakeRowMapper(inputSchema);

    private static byte[] ReadAll(BinaryReader reader)
    {
        using var bytes = new MemoryStream();
        reader.BaseStream.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        Host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        Columns.Save(ctx);
        ctx.Writer.Write(_uncased);
        ctx.Writer.Write(_maximumTokens);
        ctx.SaveBinaryStream(VocabularyEntry, writer => writer.Write(_vocabulary));
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(this, schema);

    private sealed class Mapper : MapperBase
    {
        private readonly WordPieceTransformer _parent;
        private readonly DataViewSchema.Column _text;
        private int _warned;

        public Mapper(WordPieceTransformer parent, DataViewSchema schema)
            : base(parent.Host.Register(nameof(Mapper)), schema, parent)
        {
            _parent = parent;
            string input = parent.Columns.Input;
            _text = schema.GetColumnOrNull(input) ?? throw Host.ExceptSchemaMismatch(nameof(schema), "input", input);
            if (_text.Type is not TextDataViewType)
                throw Host.ExceptSchemaMismatch(nameof(schema), "input", input, "text", _text.Type.ToString());
        }

        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore()
            => _parent.Columns.Outputs.Select(column => new DataViewSchema.DetachedColumn(
                column.Name, column.Type, column.Content == WordPieceOutput.Ids ? PaddingAnnotation.Make(_parent.PaddingId) : null)).ToArray();

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            bool any = Enumerable.Range(0, _parent.Columns.Outputs.Count).Any(activeOutput);
            return column => any && column == _text.Index;
        }

        /// <summary>The getters of one row share its tokens.</summary>
        public override Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action disposer)
        {
            disposer = () => { };
            var outputs = _parent.Columns.Outputs;
            var getters = new Delegate[outputs.Count];
            if (!Enumerable.Range(0, outputs.Count).Any(activeOutput)) return getters;

            var tokens = new RowTokens(this, input);
            for (int i = 0; i < getters.Length; i++)
            {
                if (activeOutput(i)) getters[i] = tokens.MakeGetter(outputs[i].Content);
            }

            return getters;
        }

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action disposer)
        {
            disposer = () => { };
            return new RowTokens(this, input).MakeGetter(_parent.Columns.Outputs[iinfo].Content);
        }

        protected override void SaveModel(ModelSaveContext ctx) => _parent.SaveModel(ctx);

        public ValueGetter<ReadOnlyMemory<char>> TextOf(DataViewRow row) => row.GetGetter<ReadOnlyMemory<char>>(_text);

        public IReadOnlyList<WordPiece> Encode(ReadOnlyMemory<char> text)
        {
            var (pieces, cut) = _parent._encoder.Encode(text);
            if (cut && Interlocked.Exchange(ref _warned, 1) == 0)
            {
                using var channel = Host.Start("WordPiece");
                channel.Warning(
                    "A text of {0} characters in column '{1}' has more than {2} tokens: it is cut after character {3}. MaximumTokens says " +
                    "how many the network knows. Further rows are cut without a warning.",
                    text.Length, _text.Name, _parent._maximumTokens, pieces[^2].Start + pieces[^2].Length);
            }

            return pieces;
        }
    }

    /// <summary>The tokens of the row at which a cursor stands.</summary>
    private sealed class RowTokens(Mapper mapper, DataViewRow row)
    {
        private readonly ValueGetter<ReadOnlyMemory<char>> _getText = mapper.TextOf(row);
        private ReadOnlyMemory<char> _text;
        private IReadOnlyList<WordPiece> _pieces = [];
        private long _position = -1;

        public Delegate MakeGetter(WordPieceOutput content) => content switch
        {
            WordPieceOutput.Ids => PerToken(piece => piece.Id),
            WordPieceOutput.Mask => PerToken(_ => 1),
            WordPieceOutput.Types => PerToken(_ => 0),
            _ => (ValueGetter<VBuffer<int>>)Offsets,
        };

        private ValueGetter<VBuffer<long>> PerToken(Func<WordPiece, long> value) => (ref VBuffer<long> destination) =>
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
            _getText(ref _text);
            _pieces = mapper.Encode(_text);
            _position = row.Position;
        }
    }
}
