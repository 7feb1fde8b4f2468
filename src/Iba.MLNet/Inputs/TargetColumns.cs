using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>The columns that rows bring for a target: classes as label columns have them, numbers as Single or vectors of Single.</summary>
internal static class TargetColumns
{
    /// <summary>Checks that they are there, and of what type.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="schema">The columns.</param>
    /// <param name="target">The target.</param>
    /// <param name="classNames">The names of the classes; null: there are none.</param>
    public static void Check(IExceptionContext host, SchemaShape schema, ExplanationTarget target, IReadOnlyList<string>? classNames)
    {
        foreach (var needed in target.Columns)
        {
            if (!schema.TryFindColumn(needed.Name, out var column)) throw host.ExceptSchemaMismatch(nameof(schema), "target", needed.Name);
            if (needed.IsClass) LabelColumn.Check(host, column, classNames);
            else if (column.ItemType != NumberDataViewType.Single) throw host.ExceptSchemaMismatch(nameof(schema), "target", needed.Name, "Single, or vector of Single", column.GetTypeString());
        }
    }

    /// <summary>Readers of a cursor's columns, in the target's order; each gives a <see cref="long"/> for a class, else an array of <see cref="float"/>.</summary>
    /// <param name="row">The cursor; the columns must be active.</param>
    /// <param name="columns">The target's columns.</param>
    /// <param name="classes">The network's classes.</param>
    public static (string Name, Func<Array> Read)[] Readers(DataViewRow row, IReadOnlyList<TargetColumn> columns, LabelClasses classes)
        => [.. columns.Select(column => (column.Name, column.IsClass ? Class(row, column, classes) : Numbers(row, column)))];

    private static Func<Array> Class(DataViewRow row, TargetColumn column, LabelClasses classes)
    {
        var reader = TargetReader.Create(row, row.Schema[column.Name], classes);
        return () => new[] { reader.Read() };
    }

    private static Func<Array> Numbers(DataViewRow row, TargetColumn column)
    {
        var getter = VectorGetter.Of<float>(row, row.Schema[column.Name]);
        VBuffer<float> buffer = default;
        return () =>
        {
            getter(ref buffer);
            float[] values = [.. buffer.DenseValues()];
            if (values.Length == 0 || (column.Count > 0 && values.Length != column.Count))
            {
                throw new InvalidDataException($"has {values.Length} numbers where the target needs {(column.Count > 0 ? column.Count : "some")}");
            }

            int bad = Array.FindIndex(values, value => !float.IsFinite(value));
            return bad < 0 ? values : throw new InvalidDataException($"has {values[bad]} at index {bad}; every number must be finite");
        };
    }
}
