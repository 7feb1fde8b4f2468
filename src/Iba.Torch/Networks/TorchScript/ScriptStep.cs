using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>One TorchScript module that turns one tensor into one tensor.</summary>
/// <param name="Name">Its path, for example <c>features.0</c>.</param>
/// <param name="Module">The module, in evaluation mode and without gradients for its weights.</param>
/// <param name="ChangesInput">Whether it was seen to change its input in place.</param>
/// <param name="MultiplicationsPerOutput">See <see cref="CountMultiplications"/>.</param>
/// <param name="Modules">The number of modules without children in it, at least 1.</param>
internal sealed record ScriptStep(string Name, jit.ScriptModule Module, bool ChangesInput, double MultiplicationsPerOutput, int Modules) : IDisposable
{
    /// <summary>The module's parameters of a floating point type, in handles that belong to the step.</summary>
    /// <remarks>Taken when the module is opened: it forgets those that a dispose scope takes away.</remarks>
    public IReadOnlyList<Tensor> Weights { get; } = Module.parameters()
        .Where(weight => weight.is_floating_point() && weight.numel() > 0).Select(weight => weight.DetachFromDisposeScope()).ToArray();

    /// <summary>Releases the handles of the weights.</summary>
    public void Dispose()
    {
        foreach (var weight in Weights) weight.Dispose();
    }

    /// <summary>Runs the module.</summary>
    /// <exception cref="InvalidOperationException">It returns something else than one tensor.</exception>
    public Tensor Run(Tensor input) => Run(Module, Name, input);

    /// <inheritdoc cref="Run(Tensor)"/>
    public static Tensor Run(jit.ScriptModule module, string name, Tensor input)
    {
        object? result;
        try
        {
            result = module.forward(input);
        }
        catch (Exception exception) when (exception is NotImplementedException or ArgumentOutOfRangeException)
        {
            // What TorchSharp throws for results that it does not know.
            throw NotOneTensor(name, "a dictionary, a text or nested values", exception);
        }

        return result as Tensor ?? throw NotOneTensor(name, Describe(result), null);
    }

    private static string Describe(object? result) => result switch
    {
        null => "nothing (None)",
        Array list => $"a list of {list.Length}",
        ITuple tuple => $"a tuple of {tuple.Length}",
        _ => "a number",
    };

    private static InvalidOperationException NotOneTensor(string name, string found, Exception? cause)
        => new(
            $"{(name.Length == 0 ? "The TorchScript module" : $"'{name}'")} returns {found} instead of one tensor: in Python, wrap it in a module that " +
            "returns the tensor of the class scores alone, and save that one with torch.jit.",
            cause);

    /// <summary>
    /// An estimate of a module's multiplications for each number of its output: each weight is used once at every position (exact for
    /// a convolution or a linear layer).
    /// </summary>
    public static double CountMultiplications(jit.ScriptModule module)
        => module.parameters().Where(weight => weight.dim() >= 2).Sum(weight => (double)weight.numel() / weight.shape[0]);
}
