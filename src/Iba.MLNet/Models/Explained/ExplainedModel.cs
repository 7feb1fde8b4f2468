using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// The model whose classifier a transformer explains: its columns come before the explainer's. Where the data has them already, the model is not run
/// again.
/// </summary>
internal sealed class ExplainedModel : IDisposable
{
    private const int MostNamed = 20;

    private readonly IHost _host;
    private readonly SharedOwnership _ownership;
    private readonly string _readerName;
    private readonly string _readerAssembly;

    /// <param name="host">For errors.</param>
    /// <param name="model">The model.</param>
    /// <param name="found">Its classifier.</param>
    /// <param name="isOwned">Whether the model came out of a file with this, and is disposed with it.</param>
    /// <param name="preparation">What was saved in place of the classifier's own preparation; null: that.</param>
    public ExplainedModel(IHost host, ITransformer model, FoundClassifier found, bool isOwned, ITransformer? preparation = null)
    {
        _host = host;
        Model = model;
        Name = found.Classifier.Name;
        ScoreColumnName = found.Classifier.ScoreColumnName;
        InputColumnName = found.Classifier.InputColumnName;
        _readerName = found.Reader.Name;
        _readerAssembly = found.Reader.Assembly;
        Preparation = preparation ?? found.Classifier.Preparation;
        _ownership = new SharedOwnership(isOwned ? Release : null);
    }

    private ExplainedModel(ExplainedModel other)
    {
        (_host, Model, Preparation, _ownership) = (other._host, other.Model, other.Preparation, other._ownership.Share());
        (Name, ScoreColumnName, InputColumnName) = (other.Name, other.ScoreColumnName, other.InputColumnName);
        (_readerName, _readerAssembly) = (other._readerName, other._readerAssembly);
    }

    /// <summary>The model.</summary>
    public ITransformer Model { get; }

    /// <summary>What makes the columns that the network reads out of the model's; null: they are the model's.</summary>
    public ITransformer? Preparation { get; }

    /// <summary>The classifier's name, for messages.</summary>
    public string Name { get; }

    /// <summary>The column that the classifier writes its scores to.</summary>
    public string ScoreColumnName { get; }

    /// <summary>The column that the classifier reads.</summary>
    public string InputColumnName { get; }

    /// <summary>Whether model and preparation work row by row, as prediction engines need it.</summary>
    public bool IsRowToRowMapper => Model.IsRowToRowMapper && Preparation?.IsRowToRowMapper != false;

    /// <summary>Adds the model's columns, where they are not there, and those of the preparation.</summary>
    public IDataView Transform(IDataView data) => Steps(data.Schema).Aggregate(data, (view, step) => step.Transform(view));

    /// <summary>The columns that <see cref="Transform"/> gives.</summary>
    public DataViewSchema GetOutputSchema(DataViewSchema schema) => Steps(schema).Aggregate(schema, (columns, step) => step.GetOutputSchema(columns));

    /// <summary>What <see cref="Transform"/> does, row by row.</summary>
    public IReadOnlyList<IRowToRowMapper> GetMappers(DataViewSchema schema)
    {
        var mappers = new List<IRowToRowMapper>();
        foreach (var step in Steps(schema)) mappers.Add(step.GetRowToRowMapper(mappers.LastOrDefault()?.OutputSchema ?? schema));
        return mappers;
    }

    // *** Binary format ***
    // text: column of the classifier's scores
    // text: name of the reader; text: assembly that it came with
    // bool: whether there is a preparation
    // folder "Model": the model
    // folder "Preparation": the preparation, if there is one
    public void Save(ModelSaveContext ctx)
    {
        ctx.Writer.WriteText(ScoreColumnName);
        ctx.Writer.WriteText(_readerName);
        ctx.Writer.WriteText(_readerAssembly);
        ctx.Writer.Write(Preparation != null);
        ctx.SaveModel(Model, ModelEntries.Model);
        if (Preparation != null) ctx.SaveModel(Preparation, ModelEntries.Preparation);
    }

    /// <summary>Reads what <see cref="Save"/> wrote, and finds the classifier again.</summary>
    /// <param name="host">For errors.</param>
    /// <param name="ctx">The model file, at the model.</param>
    /// <returns>The model, disposed by the caller, and its classifier.</returns>
    /// <exception cref="NotSupportedException">What reads the model is not at hand.</exception>
    public static (ExplainedModel Model, FoundClassifier Found) Load(IHost host, ModelLoadContext ctx)
    {
        var reader = new SettingsReader(ctx.Reader);
        string scores = reader.ReadNonEmptyString(), name = reader.ReadNonEmptyString(), assembly = reader.ReadNonEmptyString();
        bool isPrepared = ctx.Reader.ReadBoolean();
        ModelClassifiers.CheckReader(name, assembly);
        ITransformer? model = null, preparation = null;
        try
        {
            ctx.LoadModel<ITransformer, SignatureLoadModel>(host, out model, ModelEntries.Model);
            if (isPrepared) ctx.LoadModel<ITransformer, SignatureLoadModel>(host, out preparation, ModelEntries.Preparation);
            var found = ModelClassifiers.Find(host, model, scores);
            return (new ExplainedModel(host, model, found, isOwned: true, preparation), found);
        }
        catch
        {
            (preparation as IDisposable)?.Dispose();
            (model as IDisposable)?.Dispose();
            throw;
        }
    }

    /// <summary>The same model, for another transformer; where it came out of a file, it is disposed with the last of them.</summary>
    public ExplainedModel Share() => new(this);

    /// <summary>Lets the model go; may be called twice.</summary>
    public void Dispose() => _ownership.Dispose();

    private void Release()
    {
        (Preparation as IDisposable)?.Dispose();
        (Model as IDisposable)?.Dispose();
    }

    private IEnumerable<ITransformer> Steps(DataViewSchema schema)
    {
        if (!IsScored(schema)) yield return Model;
        if (Preparation != null) yield return Preparation;
    }

    /// <summary>Whether data has all that the model would add to it: then it was run before.</summary>
    /// <exception cref="InvalidOperationException">It was not, and cannot be.</exception>
    private bool IsScored(DataViewSchema schema)
    {
        DataViewSchema scored;
        try
        {
            scored = Model.GetOutputSchema(schema);
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException)
        {
            // What the model reads was left out behind it.
            if (schema.GetColumnOrNull(ScoreColumnName) != null && (Preparation != null || schema.GetColumnOrNull(InputColumnName) != null)) return true;
            throw _host.Except(failure,
                $"The model cannot be run on this data: {failure.Message.Split(" (Parameter", 2)[0]}. The data has the columns {Names(schema)}. Give it the columns that the model was fitted " +
                "on, with their types, or what the model makes of them.");
        }

        if (ColumnTrace.Added(schema, scored).All(column => schema.GetColumnOrNull(column.Name)?.Type.Equals(column.Type) == true)) return true;
        if (ColumnTrace.Overwriter(ModelClassifiers.Steps(Model), schema, InputColumnName, ScoreColumnName) is { } overwriter)
        {
            throw _host.Except(
                $"{Name} reads column '{InputColumnName}', but a later step of the model ({overwriter.GetType().Name}) writes another column of that name, so that what was read is " +
                "lost: give that step another output column, and fit the model again.");
        }

        return false;
    }

    /// <summary>The columns that the classifier reads are those of the options, which may be other ones than the model's.</summary>
    /// <exception cref="InvalidOperationException">One of them is not there.</exception>
    public void CheckColumns(DataViewSchema schema, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (schema.GetColumnOrNull(name) != null) continue;
            throw _host.Except(
                $"{Name} reads column '{name}', but neither the data nor what the model makes of it has such a column: it was renamed or left out on the way. There are {Names(schema)}. " +
                $"Keep it, or name a column with the same values ({nameof(AttributionOptions.InputColumnName)}, {nameof(AttributionOptions.ContextColumns)}).");
        }
    }

    private static string Names(DataViewSchema schema)
    {
        string[] names = schema.Where(column => !column.IsHidden).Select(column => $"'{column.Name}'").ToArray();
        return string.Join(", ", names.Take(MostNamed)) + (names.Length > MostNamed ? $" and {names.Length - MostNamed} more" : "");
    }
}
