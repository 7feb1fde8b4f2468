using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Iba.MLNet;
using Iba.Torch;
using Microsoft.ML;

namespace Iba.Jobs;

/// <summary>A model zip, loaded: the explainer, and what prepares its rows.</summary>
internal sealed class JobModel : IDisposable
{
    private readonly ITransformer _model;
    private readonly ITransformer[] _before;
    private IDisposable? _network;

    private JobModel(ITransformer model, ITransformer[] before, AttributionTransformerBase explainer, DataViewSchema? inputs)
    {
        _model = model;
        _before = before;
        Explainer = explainer;
        Inputs = inputs;
    }

    /// <summary>The explainer.</summary>
    public AttributionTransformerBase Explainer { get; }

    /// <summary>The columns that the model was saved for; null: not known.</summary>
    public DataViewSchema? Inputs { get; }

    /// <summary>The method's name.</summary>
    public string Method => Explainer is AttributionTransformer other ? other.Method : "bottleneck";

    /// <summary>What the numbers of maps mean.</summary>
    public MapUnit Unit => Explainer is AttributionTransformer other ? other.Unit : MapUnit.Bits;

    /// <summary>The step that turns texts into the tokens that are explained; null: there is none.</summary>
    public ITokenStep? Tokens => _before.OfType<ITokenStep>().LastOrDefault(step => step.Columns.Ids == Explainer.Settings.Input.ExplainedColumn.ColumnName);

    /// <summary>What the network behind the layer is computed in here.</summary>
    /// <exception cref="JobException">It is bfloat16, which this machine does not offer.</exception>
    public TailPrecision ComputedIn
    {
        get
        {
            try
            {
                return Explainer.ComputedIn;
            }
            catch (NotSupportedException problem)
            {
                throw new JobException(problem.Message, problem);
            }
        }
    }

    /// <summary>A model that is an explainer alone.</summary>
    /// <param name="explainer">The explainer; owned.</param>
    /// <param name="inputs">The columns that it reads; null: not known.</param>
    /// <param name="network">Its network, where it does not own that; owned. Null: it does.</param>
    public static JobModel Of(AttributionTransformerBase explainer, DataViewSchema? inputs, IDisposable? network = null) => new(explainer, [], explainer, inputs) { _network = network };

    /// <summary>Loads a model.</summary>
    /// <exception cref="JobException">The file is no model, or holds no explainer, or several.</exception>
    public static JobModel Load(MLContext ml, string path)
    {
        ITransformer model;
        DataViewSchema? inputs;
        try
        {
            model = ml.Model.Load(path, out inputs);
        }
        catch (Exception problem) when (problem is InvalidOperationException or FormatException or InvalidDataException or NotSupportedException)
        {
            throw new JobException($"'{path}' cannot be loaded as a model of ML.NET: {problem.GetBaseException().Message}", problem);
        }

        ITransformer[] parts = [.. Parts(model)];
        int[] explainers = [.. Enumerable.Range(0, parts.Length).Where(i => parts[i] is AttributionTransformerBase)];
        if (explainers.Length == 1) return new JobModel(model, parts[..explainers[0]], (AttributionTransformerBase)parts[explainers[0]], inputs);
        foreach (var part in parts) (part as IDisposable)?.Dispose();
        throw new JobException(
            $"'{path}' holds {(explainers.Length == 0 ? "no explainer of this library" : $"{explainers.Length} explainers")} (its parts: " +
            $"{string.Join(", ", parts.Select(part => part.GetType().Name))}); a job needs one. Save a chain that ends with it.");
    }

    /// <summary>The hash of a zip's entries, by name: not of the file, which holds times.</summary>
    public static string HashOf(string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            using var zip = ZipFile.OpenRead(path);
            foreach (var entry in zip.Entries.OrderBy(entry => entry.FullName, StringComparer.Ordinal))
            {
                using var content = entry.Open();
                hash.AppendData(Encoding.UTF8.GetBytes($"{entry.FullName}\0{Convert.ToHexStringLower(SHA256.HashData(content))}\n"));
            }
        }
        catch (InvalidDataException problem)
        {
            throw new JobException($"'{path}' is no model zip: {problem.Message}", problem);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The same; null: the file is no zip.</summary>
    public static string? TryHashOf(string path)
    {
        try
        {
            return HashOf(path);
        }
        catch (JobException)
        {
            return null;
        }
    }

    /// <summary>Rows with what the explainer adds, in the columns of <see cref="RowColumns"/>.</summary>
    /// <exception cref="JobException">The rows lack columns that the model needs.</exception>
    public IDataView Transform(IDataView rows)
    {
        try
        {
            return Explainer.Transform(Prepare(rows));
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException)
        {
            throw new JobException($"The rows do not fit the model: {problem.Message.Split(" (Parameter", 2)[0]}", problem);
        }
    }

    /// <summary>Rows as the explainer gets them, or a step before it.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="before">The step; null: the explainer.</param>
    public IDataView Prepare(IDataView rows, ITokenStep? before = null)
        => _before.TakeWhile(part => !ReferenceEquals(part, before)).Aggregate(rows, (view, part) => part.Transform(view));

    public void Dispose()
    {
        (_model as IDisposable)?.Dispose();
        Explainer.Dispose();
        _network?.Dispose();
    }

    private static IEnumerable<ITransformer> Parts(ITransformer model)
        => model is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [model];
}
