using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.TorchSharp.NasBert;
using Microsoft.ML.TorchSharp.NasBert.Models;

namespace Iba.MLNet.TorchSharp.Tests;

/// <summary>A text classifier that has hardly learned anything, fitted once for all tests.</summary>
public sealed class FittedModel : IDisposable
{
    private readonly Lazy<IbaTransformer> _explained;

    public FittedModel()
    {
        MLContext = Topics.NewContext();
        Rows = MLContext.Data.LoadFromEnumerable(Topics.Make(8, seed: 1));
        Model = Topics.Fit(MLContext, Rows, epochs: 1);
        Transformer = Model.OfType<TextClassificationTransformer>().Single();
        // Little learned, few bits: cheap information makes some to compare.
        _explained = new(() => MLContext.Transforms.Iba("Bits", Model, beta: 0.01, seed: 0).Fit(Rows));
    }

    internal MLContext MLContext { get; }

    internal IDataView Rows { get; }

    internal TransformerChain<ITransformer> Model { get; }

    internal TextClassificationTransformer Transformer { get; }

    /// <summary>The model with its explanation.</summary>
    internal IbaTransformer Explained => _explained.Value;

    internal NasBertModel Module => FittedTextClassifier.Of(Transformer).Module;

    /// <summary>A new network around the model.</summary>
    internal NasBertNetwork NewNetwork() => new(Transformer, Module);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_explained.IsValueCreated) _explained.Value.Dispose();
    }
}

/// <summary>Shares one <see cref="FittedModel"/>; networks around it take turns.</summary>
[CollectionDefinition(Name)]
public sealed class FittedModelTests : ICollectionFixture<FittedModel>
{
    public const string Name = "Fitted text classifier";
}
