using Iba.Onnx;
using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;
using TorchSharp;
using VectorKind = Microsoft.ML.SchemaShape.Column.VectorKind;

namespace Iba.MLNet;

/// <summary>Finds out which column feeds which input of the network, and in what shape.</summary>
internal sealed class InputBinder
{
    private readonly IHost _host;
    private readonly AttributionOptions _options;
    private readonly Network _network;
    private readonly int _explained;
    private readonly int _mask;
    private readonly ImagePreprocessing? _preprocessing;

    /// <summary>Checks names that need no data.</summary>
    public InputBinder(IHost host, AttributionOptions options)
    {
        _host = host;
        _options = options;
        _network = options.Network!;
        _explained = options.InputName == null ? 0 : Index(options.InputName, nameof(options.InputName));
        _mask = options.MaskInputName == null ? -1 : Index(options.MaskInputName, nameof(options.MaskInputName));
        _preprocessing = (options.Preprocessing ?? DeclaredPixels.Default(_network))?.ForInput(_network.Inputs[_explained]);
        host.CheckUserArg(_mask != _explained, nameof(options.MaskInputName), "The mask and the explained input must be two inputs.");
        host.CheckUserArg(
            options.PaddingId == null || _mask >= 0,
            nameof(options.PaddingId), $"{nameof(options.PaddingId)} is {options.PaddingId}, but rows are padded only where {nameof(options.MaskInputName)} names the input that says so.");
        host.CheckUserArg(options.PaddingId is null or >= 0, nameof(options.PaddingId), $"{nameof(options.PaddingId)} is {options.PaddingId}; allowed: at least 0.");
        foreach (var (input, column) in options.ContextColumns ?? new Dictionary<string, string>())
        {
            int index = Index(input, nameof(options.ContextColumns));
            host.CheckUserArg(index != _explained, nameof(options.ContextColumns), $"Input '{input}' is the explained one, fed by InputColumnName.");
            host.CheckUserArg(!string.IsNullOrWhiteSpace(column), nameof(options.ContextColumns), $"The column for input '{input}' has no name.");
        }

        for (int i = 0; i < _network.Inputs.Count; i++)
        {
            string name = _network.Inputs[i].Name;
            host.CheckUserArg(
                i == _explained || i == _mask || options.ContextColumns?.ContainsKey(name) == true,
                nameof(options.ContextColumns),
                $"The network's input '{name}' has no column: add an entry for it (or name it as MaskInputName). If it is the same for all " +
                $"rows, give its value when the network is loaded ({nameof(OnnxNetworkOptions)}.{nameof(OnnxNetworkOptions.InputValues)}).");
        }
    }

    /// <summary>The columns that are read, without repetition.</summary>
    public IEnumerable<string> ColumnNames => Enumerable.Range(0, _network.Inputs.Count).Select(ColumnName).OfType<string>().Distinct();

    /// <summary>Checks the columns as far as a schema's shape tells them.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="hasClassNames">Whether the names of the classes are known, or the data is going to tell them.</param>
    public void Check(SchemaShape schema, bool hasClassNames)
    {
        for (int i = 0; i < _network.Inputs.Count; i++)
        {
            if (ColumnName(i) is not { } name) continue;
            if (!schema.TryFindColumn(name, out var column)) throw _host.ExceptSchemaMismatch(nameof(schema), "input", name);
            bool image = column.Kind == VectorKind.Scalar && column.ItemType is ImageDataViewType && i == _explained;
            bool path = column.Kind == VectorKind.Scalar && column.ItemType is TextDataViewType && i == _explained;
            bool floats = column.Kind == VectorKind.Vector && column.ItemType == NumberDataViewType.Single && !column.IsKey;
            bool integers = column.Kind != VectorKind.Scalar && IntegerReader.CanRead(column.ItemType);
            bool takesFloats = IsFloat(_network.Inputs[i]);
            bool number = i != _explained && column.Kind == VectorKind.Scalar
                && (IntegerReader.CanRead(column.ItemType) || (takesFloats && column.ItemType == NumberDataViewType.Single));
            if (!image && !path && !(floats && takesFloats) && !integers && !number)
            {
                throw _host.ExceptSchemaMismatch(nameof(schema), "input", name, Expected(i), column.GetTypeString());
            }

            if (i != _explained) continue;
            CheckPreprocessing(_network.Inputs[i], name, image, path);
            DegradationCheck.Run(_host, _options, column, image || path ? _preprocessing : null);
        }

        CheckRowIds(schema);
        TargetColumns.Check(_host, schema, _options.AskedTarget, _options.ClassNames ?? NetworkDescription.ClassNames(_network) ?? (hasClassNames ? [] : null));
        if (_options.LabelColumnName is not { } label) return;
        if (!schema.TryFindColumn(label, out var labelColumn)) throw _host.ExceptSchemaMismatch(nameof(schema), "label", label);
        LabelColumn.Check(_host, labelColumn, _options.ClassNames ?? NetworkDescription.ClassNames(_network) ?? (hasClassNames ? [] : null));
    }

    private void CheckRowIds(SchemaShape schema)
    {
        if (_options.RowIdColumnName is not { } rowId) return;
        if (!schema.TryFindColumn(rowId, out var column)) throw _host.ExceptSchemaMismatch(nameof(schema), "row id", rowId);
        if (column.Kind != VectorKind.Scalar || !RowIdentityReader.CanRead(column.ItemType))
        {
            throw _host.ExceptSchemaMismatch(nameof(schema), "row id", rowId, "text, integer or key", column.GetTypeString());
        }
    }

    /// <summary>Whether rows of a schema may differ in their number of positions.</summary>
    public bool Varies(SchemaShape schema)
        => schema.TryFindColumn(ColumnName(_explained)!, out var column)
            && (IsImage(column.ItemType) ? _preprocessing!.Size == null : column.Kind == VectorKind.VariableVector);

    /// <summary>The heat map's size, as far as it is known without data.</summary>
    public IReadOnlyList<long> MapSize(SchemaShape schema)
        => schema.TryFindColumn(ColumnName(_explained)!, out var column) && IsImage(column.ItemType) && _preprocessing!.Size is { } size
            ? [size.Height, size.Width]
            : [];

    /// <summary>Binds the columns of a schema that <see cref="Check"/> let pass.</summary>
    public InputLayout Bind(DataViewSchema schema)
    {
        var columns = _network.Inputs.Select((input, i) => ColumnName(i) is { } name
            ? Bind(input, schema[name], i == _explained)
            : new InputColumn(input.Name, null, InputKind.PaddingMask, [-1])).ToArray();
        var preprocessing = columns[_explained].IsImage ? _preprocessing : null;
        return new InputLayout(columns, _explained, _mask, MaximumLength(columns[_explained]), preprocessing, _options.ImageFolder)
        {
            PaddingId = _options.PaddingId ?? PaddingAnnotation.Of(schema[_options.InputColumnName!]) ?? NetworkDescription.PaddingId(_network),
        };
    }

    /// <summary>Whether rows are read in a layout as the options ask for it; what the options leave open fits.</summary>
    public bool Allows(InputLayout layout)
    {
        if (layout.Columns.Count != _network.Inputs.Count || layout.Explained != _explained) return false;
        var explained = layout.ExplainedColumn;
        int[]? shape = explained.Kind == InputKind.Image || explained.IsVariable ? null : _options.InputShape;
        return layout.Agrees(layout with
        {
            Columns = layout.Columns.Select((column, i) => i != _explained ? column with { ColumnName = ColumnName(i) } : column with
            {
                ColumnName = ColumnName(i),
                Shape = shape?.Select(size => (long)size).ToArray() ?? column.Shape,
                ChannelDimension = _options.InputChannelDimension ?? column.ChannelDimension,
            }).ToArray(),
            Mask = _mask,
            MaximumLength = MaximumLength(explained),
            Preprocessing = explained.IsImage ? _preprocessing : null,
            ImageFolder = _options.ImageFolder,
            PaddingId = _options.PaddingId ?? layout.PaddingId,
        });
    }

    private int MaximumLength(InputColumn column)
    {
        var explained = _network.Inputs[_explained];
        long declared = column.Kind == InputKind.Integers && explained.Shape.Count == 2 ? explained.Shape[1] : -1;
        int maximum = _options.MaximumLength ?? 0;
        return !column.IsVariable || declared <= 0 ? maximum : maximum > 0 ? (int)Math.Min(maximum, declared) : (int)declared;
    }

    /// <summary>Says what was decided about pictures, and what contradicts the network's file.</summary>
    public void Tell(IChannel channel, InputLayout layout)
    {
        if (layout.Preprocessing is not { } preprocessing) return;
        string column = layout.ExplainedColumn.ColumnName!;
        if (_options.Preprocessing == null) channel.Info("Pictures are prepared as the network's file says: {0}.", preprocessing);
        foreach (string contradiction in DeclaredPixels.Contradictions(_network, preprocessing)) channel.Warning("{0}", contradiction);
        if (layout.ExplainedColumn.Kind != InputKind.Image) return;
        channel.Info(
            "Column '{0}' holds images that were decoded before: that a file was cut short, or is to be turned (EXIF), cannot be seen in them. " +
            "Name a text column of paths to have files read and checked here.", column);
    }

    private InputColumn Bind(NetworkInput input, DataViewSchema.Column column, bool explained)
    {
        if (IsImage(column.Type))
        {
            var preprocessing = _preprocessing!;
            long[] shape = preprocessing.GetShape(preprocessing.Size?.Width ?? -1, preprocessing.Size?.Height ?? -1);
            CheckDeclared(input, shape, "Preprocessing gives");
            return new InputColumn(
                input.Name, column.Name, column.Type is TextDataViewType ? InputKind.ImageFile : InputKind.Image, shape, preprocessing.ChannelDimension);
        }

        if (column.Type is not VectorDataViewType type) return BindNumber(input, column);
        var kind = type.ItemType == NumberDataViewType.Single ? InputKind.Floats : InputKind.Integers;
        long[] row = type.IsKnownSize ? Shape(input, column.Name, type, explained) : [-1];
        if (explained) CheckChannels(row);
        int channels = explained && _options.InputChannelDimension is { } given ? given : ChannelGuess.OfInput(row, input.Shape);
        return new InputColumn(input.Name, column.Name, kind, row, channels);
    }

    // One number for each row: [N], or [N, 1].
    private InputColumn BindNumber(NetworkInput input, DataViewSchema.Column column)
    {
        long[] row = Enumerable.Repeat(1L, Math.Max(0, input.Shape.Count == 0 ? 1 : input.Shape.Count - 1)).ToArray();
        CheckDeclared(input, row, $"Column '{column.Name}' gives");
        return new InputColumn(input.Name, column.Name, column.Type == NumberDataViewType.Single ? InputKind.Floats : InputKind.Integers, row);
    }

    private void CheckChannels(long[] row)
    {
        _host.CheckUserArg(
            row.Length > 0, nameof(_options.InputName), $"The network's input '{_network.Inputs[_explained].Name}' takes one number for each row: it has no positions to explain.");
        if (_options.InputChannelDimension is not { } given) return;
        int positions = row.Length - (given > 0 ? 1 : 0);
        _host.CheckUserArg(
            given <= row.Length && positions is >= 1 and <= 3,
            nameof(_options.InputChannelDimension),
            $"{nameof(_options.InputChannelDimension)} is {given}, but rows are {Shapes.Format(row)}: beside the channels they must have one dimension, two or three.");
    }

    private long[] Shape(NetworkInput input, string column, VectorDataViewType type, bool explained)
    {
        long[] shape;
        long[] declared = input.Shape.Skip(1).ToArray();
        if (explained && _options.InputShape is { } given)
        {
            shape = given.Select(size => (long)size).ToArray();
        }
        else
        {
            long[] dimensions = type.Dimensions.Select(size => (long)size).ToArray();
            // A column may know more of a flat row than the network.
            if ((input.Shape.Count == 0 && dimensions.Length > 1) || dimensions.Length == declared.Length || (explained && declared.Length == 1)) shape = dimensions;
            else if (Complete(declared, type.Size) is { } completed) shape = completed;
            else
            {
                throw _host.ExceptUserArg(
                    nameof(_options.InputShape),
                    $"Column '{column}' is a vector of {Shapes.Format(dimensions)}, input '{input.Name}' takes " +
                    $"{Shapes.Format(input.Shape)}: say with InputShape which dimensions a row has.");
            }
        }

        if (shape.Aggregate(1L, (product, size) => product * size) != type.Size)
        {
            _host.CheckUserArg(
                !explained || _options.InputShape == null,
                nameof(_options.InputShape),
                $"{nameof(_options.InputShape)} is {Shapes.Format(shape)}, which has another number of values than column '{column}', a vector of {type.Size}.");
            throw _host.ExceptSchemaMismatch("schema", "input", column, $"vector of {Shapes.Format(shape)}", type.ToString()!);
        }

        // The network gets the declared dimensions, also where the row's are another view of the same values.
        bool isView = explained && shape.Length != declared.Length && Complete(declared, type.Size) != null;
        if (!isView) CheckDeclared(input, shape, $"Column '{column}' gives");
        return shape;
    }

    // A flat vector fits declared dimensions of which at most one is open.
    private static long[]? Complete(long[] declared, int size)
    {
        long known = declared.Where(length => length > 0).Aggregate(1L, (product, length) => product * length);
        if (declared.Count(length => length < 0) > 1 || size % known != 0) return null;
        long[] shape = declared.Select(length => length < 0 ? size / known : length).ToArray();
        return shape.Aggregate(1L, (product, length) => product * length) == size ? shape : null;
    }

    private void CheckDeclared(NetworkInput input, long[] shape, string source)
    {
        bool fits = input.Shape.Count == 0 || (input.Shape.Count == shape.Length + 1
            && input.Shape.Skip(1).Zip(shape).All(pair => pair.First < 0 || pair.Second < 0 || pair.First == pair.Second));
        if (!fits)
        {
            throw _host.Except(
                $"{source} rows of {Shapes.Format(shape)}, but the network's input '{input.Name}' takes " +
                $"{Shapes.Format(input.Shape)} (batch first).");
        }
    }

    private void CheckPreprocessing(NetworkInput input, string column, bool image, bool path)
    {
        string example = IsFloat(input) ? nameof(ImagePreprocessing.ImageNet) : nameof(ImagePreprocessing.Raw);
        _host.CheckUserArg(
            !image || _preprocessing != null,
            nameof(_options.Preprocessing),
            $"Column '{column}' holds images: say how they become the network's input, for example ImagePreprocessing.{example}.");
        _host.CheckUserArg(
            !path || _preprocessing != null,
            nameof(_options.Preprocessing),
            $"Column '{column}' holds text: if these are paths of pictures, say how they become the network's input, for example " +
            $"ImagePreprocessing.{example}; if they are words, the network needs their numbers (Transforms.Text.TokenizeIntoWordPieces).");
        _host.CheckUserArg(
            path || _options.ImageFolder == null,
            nameof(_options.ImageFolder),
            $"Column '{column}' holds no paths (text), which alone start from a folder.");
        _host.CheckUserArg(
            !image || _preprocessing?.ApplyExifOrientation != true,
            nameof(_options.Preprocessing),
            $"Column '{column}' holds images that were decoded before, and no longer say how they are to be turned: leave " +
            $"{nameof(ImagePreprocessing.ApplyExifOrientation)} out, or name a text column of paths.");
        image |= path;
        _host.CheckUserArg(
            !image || IsFloat(input) || _preprocessing!.Fits(input.ElementType),
            nameof(_options.Preprocessing),
            $"The network's input '{input.Name}' takes {input.ElementType}, but the preprocessing gives fractions or numbers that do not fit " +
            $"({_preprocessing}): if the network has its preprocessing inside, set ImagePreprocessing.{nameof(ImagePreprocessing.Raw)}.");
        _host.CheckUserArg(
            image || _options.Preprocessing == null,
            nameof(_options.Preprocessing),
            $"Column '{column}' holds no images: its values are passed to the network as they are.");
        _host.CheckUserArg(
            !image || _options.InputChannelDimension == null,
            nameof(_options.InputChannelDimension),
            $"Column '{column}' holds images: Preprocessing says where their channels are.");
        _host.CheckUserArg(
            image || _options.OverlayColumnName == null,
            nameof(_options.OverlayColumnName),
            $"Column '{column}' holds no images to draw over.");
    }

    private static bool IsImage(DataViewType type) => type is ImageDataViewType or TextDataViewType;

    private string Expected(int index)
        => index == _explained && !IsFloat(_network.Inputs[index]) ? "image, text (paths of pictures), or vector of integers or keys"
            : !IsFloat(_network.Inputs[index]) ? "vector of integers or keys"
            : index == _explained ? "image, text (paths of pictures), known-size vector of Single, or vector of integers or keys"
            : "Single, known-size vector of Single, or integers or keys";

    private static bool IsFloat(NetworkInput input)
        => input.ElementType is torch.ScalarType.Float32 or torch.ScalarType.Float64 or torch.ScalarType.Float16 or torch.ScalarType.BFloat16;

    private string? ColumnName(int index)
        => index == _explained ? _options.InputColumnName : _options.ContextColumns?.TryGetValue(_network.Inputs[index].Name, out string? name) == true ? name : null;

    private int Index(string input, string option)
    {
        int index = _network.Inputs.Select(known => known.Name).ToList().IndexOf(input);
        _host.CheckUserArg(
            index >= 0, option, $"The network has no input '{input}'; it has {string.Join(", ", _network.Inputs.Select(known => $"'{known.Name}'"))}.");
        return index;
    }
}
