using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>What finds classifiers in one kind of model.</summary>
/// <param name="Name">What the kind is called, for messages.</param>
/// <param name="Read">Gives the classifiers in a model's steps; see <see cref="ModelClassifiers.Register"/>.</param>
internal sealed record ModelReader(string Name, Func<IReadOnlyList<ITransformer>, IEnumerable<ModelClassifier>> Read)
{
    /// <summary>The simple name of the assembly that the reader came with.</summary>
    public string Assembly => Read.Method.Module.Assembly.GetName().Name!;
}
