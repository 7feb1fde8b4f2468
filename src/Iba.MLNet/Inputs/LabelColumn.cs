using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using VectorKind = Microsoft.ML.SchemaShape.Column.VectorKind;

namespace Iba.MLNet;

/// <summary>The column with the class to explain: which types it may have, and what its values stand for.</summary>
internal static class LabelColumn
{
    /// <summary>The option of estimators, which live in a room above.</summary>
    private const string ClassNamesOption = "ClassNames";

    private const int MostNamed = 5;

    /// <summary>Something that is done with the type of a label's values, or of the values that its keys stand for.</summary>
    /// <typeparam name="TResult">What it gives.</typeparam>
    internal interface IUse<TResult>
    {
        /// <param name="toClass">The class that a value stands for; throws <see cref="InvalidDataException"/> where it stands for none.</param>
        TResult With<T>(Func<T, long> toClass);
    }

    /// <summary>Does something with the type of a label's values.</summary>
    public static TResult Use<TResult>(DataViewType type, LabelClasses classes, IUse<TResult> use) => Type.GetTypeCode(type.RawType) switch
    {
        TypeCode.Boolean => use.With<bool>(classes.OfBoolean),
        TypeCode.Byte => use.With<byte>(classes.OfNumber),
        TypeCode.SByte => use.With<sbyte>(classes.OfNumber),
        TypeCode.Int16 => use.With<short>(classes.OfNumber),
        TypeCode.UInt16 => use.With<ushort>(classes.OfNumber),
        TypeCode.Int32 => use.With<int>(classes.OfNumber),
        TypeCode.UInt32 => use.With<uint>(classes.OfNumber),
        TypeCode.Int64 => use.With<long>(classes.OfNumber),
        TypeCode.UInt64 => use.With<ulong>(classes.OfNumber),
        TypeCode.Single => use.With<float>(classes.OfNumber),
        TypeCode.Double => use.With<double>(classes.OfNumber),
        _ => use.With<ReadOnlyMemory<char>>(classes.OfName),
    };

    /// <summary>The type of what a column's keys stand for; null where it has no keys, or where they are numbers and nothing else.</summary>
    public static DataViewType? KeyValueType(DataViewSchema.Column column) => column.Type is KeyDataViewType
        ? (column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type as VectorDataViewType)?.ItemType
        : null;

    /// <summary>Checks the type of a label column, and that names can be told apart where it holds names.</summary>
    /// <param name="context">For errors.</param>
    /// <param name="column">The column.</param>
    /// <param name="classNames">The names of the classes; null: there are none.</param>
    public static void Check(IExceptionContext context, SchemaShape.Column column, IReadOnlyList<string>? classNames)
    {
        var values = column.IsKey && column.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out var keyValues) ? keyValues.ItemType : column.ItemType;
        if (column.Kind != VectorKind.Scalar || values is not (NumberDataViewType or BooleanDataViewType or TextDataViewType))
        {
            throw context.ExceptSchemaMismatch("schema", "label", column.Name, "integer, key, text or Boolean", column.GetTypeString());
        }

        if (values is not TextDataViewType) return;
        string holds = column.IsKey ? "keys of texts" : "texts";
        if (classNames == null)
        {
            throw context.ExceptUserArg(
                ClassNamesOption,
                $"Label column '{column.Name}' holds {holds}, but the names of the classes are not known: set {ClassNamesOption}, in the " +
                "order of the network's classes, or use a column of class numbers.");
        }

        if (classNames.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw context.ExceptUserArg(
                ClassNamesOption,
                $"Label column '{column.Name}' holds {holds}, but {twice.Count()} classes are named '{twice.Key}': set {ClassNamesOption} to " +
                "names that differ, and use them as labels, or use a column of class numbers.");
        }
    }

    /// <summary>Checks what the values of a column stand for, as far as its schema tells, and says which keys stand for no class.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="channel">For warnings.</param>
    /// <param name="column">A column that <see cref="Check"/> let pass.</param>
    /// <param name="classes">The network's classes.</param>
    public static void CheckValues(IHost host, IChannel channel, DataViewSchema.Column column, LabelClasses classes)
    {
        var type = KeyValueType(column);
        if ((type ?? column.Type) is BooleanDataViewType && !classes.KnowsBooleans)
        {
            throw host.Except(
                $"Label column '{column.Name}' is Boolean, but the network has more than two classes, none of them named 'true' and 'false': use a column of class " +
                "numbers or names.");
        }

        if (type == null) return;
        var problems = Use(type, classes, new ProblemsOfKeys(column));
        if (problems.Count == 0) return;
        string examples = string.Join("; ", problems.Take(MostNamed));
        if (problems.Count == column.Type.GetKeyCountAsInt32(host))
        {
            throw host.Except($"None of the {problems.Count} keys of label column '{column.Name}' stands for a class: a label that {examples}. Check {ClassNamesOption}.");
        }

        channel.Warning(
            "{0} of the {1} keys of label column '{2}' stand for no class, and their rows cannot be explained: a label that {3}.",
            problems.Count, column.Type.GetKeyCountAsInt32(host), column.Name, examples);
    }

    /// <summary>What is wrong with the keys that stand for no class.</summary>
    private sealed class ProblemsOfKeys(DataViewSchema.Column column) : IUse<IReadOnlyList<string>>
    {
        public IReadOnlyList<string> With<T>(Func<T, long> toClass)
        {
            VBuffer<T> values = default;
            column.Annotations.GetValue(AnnotationUtils.Kinds.KeyValues, ref values);
            return values.DenseValues().Select(value => Problem(value, toClass)).OfType<string>().ToArray();
        }

        private static string? Problem<T>(T value, Func<T, long> toClass)
        {
            try
            {
                toClass(value);
                return null;
            }
            catch (InvalidDataException problem)
            {
                return problem.Message;
            }
        }
    }
}
