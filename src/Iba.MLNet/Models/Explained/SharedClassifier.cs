using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>
/// The classifier in a model, for an estimator and the transformers that it fits. A network that was made for them is disposed when the last of them
/// is, and made anew where the estimator fits once more.
/// </summary>
/// <param name="context">For errors.</param>
/// <param name="model">The model.</param>
/// <param name="scoreColumnName">The column of the classifier's scores; null: the model has a single classifier.</param>
internal sealed class SharedClassifier(IExceptionContext context, ITransformer model, string? scoreColumnName)
{
    private readonly Lock _lock = new();
    private FoundClassifier? _found;
    private int _users;

    /// <summary>The classifier.</summary>
    /// <exception cref="ArgumentException">The model has none that can be explained.</exception>
    public FoundClassifier Found
    {
        get
        {
            lock (_lock) return _found ??= ModelClassifiers.Find(context, model, scoreColumnName);
        }
    }

    /// <summary>The classifier and its network, until the lease is given back.</summary>
    public (FoundClassifier Found, NetworkLease Network) Rent()
    {
        lock (_lock)
        {
            var found = Found;
            _users++;
            return (found, new NetworkLease(found.Classifier.Network, GiveBack));
        }
    }

    /// <summary>Disposes the network, where it was made for this and nobody uses it.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (_users > 0 || _found is not { Classifier.OwnsNetwork: true }) return;
            _found.Release();
            _found = null;
        }
    }

    private void GiveBack()
    {
        lock (_lock)
        {
            _users--;
            Release();
        }
    }
}
