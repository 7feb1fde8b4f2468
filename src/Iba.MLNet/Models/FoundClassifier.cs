namespace Iba.MLNet;

/// <summary>A classifier in a model, and what found it there.</summary>
/// <param name="Classifier">The classifier.</param>
/// <param name="Reader">What found it.</param>
internal sealed record FoundClassifier(ModelClassifier Classifier, ModelReader Reader)
{
    /// <summary>Disposes what was made for whoever asked.</summary>
    public void Release()
    {
        if (Classifier.OwnsNetwork) Classifier.Network.Dispose();
    }
}
