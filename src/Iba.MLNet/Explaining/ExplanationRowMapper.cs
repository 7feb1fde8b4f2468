using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>Binds a transformer to a schema; explains rows singly, as prediction engines need it.</summary>
internal sealed class ExplanationRowMapper : IRowMapper
{
    private readonly IHost _host;
    private readonly ITransformer _transformer;
    private readonly Explainer _explainer;
    private readonly HashSet<int> _inputs;
    private readonly DataViewSchema.DetachedColumn[] _outputs;

    public ExplanationRowMapper(IHost host, ITransformer transformer, Explainer explainer, DataViewSchema schema)
    {
        _host = host;
        _transformer = transformer;
        _explainer = explainer;
        var settings = explainer.Settings;
        settings.Input.CheckSchema(host, schema);
        if (settings.LabelColumnName is { } label)
        {
            if (!SchemaShape.Create(schema).TryFindColumn(label, out var column)) throw host.ExceptSchemaMismatch(nameof(schema), "label", label);
            LabelColumn.Check(host, column, settings.ClassNames);
        }

        TargetColumns.Check(host, SchemaShape.Create(schema), settings.Target, settings.ClassNames);
        _inputs = settings.InputColumnNames.Select(name => schema[name].Index).ToHashSet();
        // Names of rows are for messages alone: what is explained need not have them.
        if (settings.RowIdColumnName is { } rowId && schema.GetColumnOrNull(rowId) is { } named && RowIdentityReader.CanRead(named.Type)) _inputs.Add(named.Index);
        _outputs = settings.Outputs.Select(output => output.ToColumn(settings.Shapes)).ToArray();
    }

    public DataViewSchema.DetachedColumn[] GetOutputColumns() => _outputs;

    public Func<int, bool> GetDependencies(Func<int, bool> activeOutput)
    {
        bool any = Enumerable.Range(0, _outputs.Length).Any(activeOutput);
        return column => any && _inputs.Contains(column);
    }

    public Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
    {
        disposer = null;
        var getters = new Delegate[_outputs.Length];
        if (!Enumerable.Range(0, _outputs.Length).Any(activeOutput)) return getters;

        _explainer.CheckFingerprint();
        // A batch of one for all columns, kept until the row changes.
        var batch = new ExplanationBatch(_host, _explainer, input, activeOutput, size: 1);
        long position = -1, computed = 0;
        int Slot()
        {
            if (position < 0 || input.Position != position)
            {
                batch.Read(0);
                batch.Compute(1, before: computed++);
                position = input.Position;
            }

            return 0;
        }

        for (int i = 0; i < getters.Length; i++)
        {
            if (activeOutput(i)) getters[i] = batch.MakeGetter(i, Slot);
        }

        return getters;
    }

    public ITransformer GetTransformer() => _transformer;

    public void Save(ModelSaveContext ctx) => ((ICanSaveModel)_transformer).Save(ctx);
}
