using TorchSharp;

namespace Iba.Onnx;

/// <summary>Operators by domain and name. Each family adds its own.</summary>
internal sealed class OperatorTable
{
    /// <summary>The domain of OnnxRuntime's own operators.</summary>
    public const string Microsoft = "com.microsoft";

    /// <summary>The domain of classical machine learning: linear models are written out (<see cref="LinearModelExpansion"/>), what names classes is read.</summary>
    public const string MachineLearning = "ai.onnx.ml";

    private readonly Dictionary<(string Domain, string Name), Func<OperatorCall, OnnxValue[]>> _operators = [];

    /// <summary>Adds an operator with one tensor output.</summary>
    public void Add(string name, Func<OperatorCall, torch.Tensor> compute, string domain = "")
        => _operators.Add((domain, name), call => [compute(call)]);

    /// <summary>Adds an operator whose only output has the element type of one input, also where that type is stored wider.</summary>
    public void AddKeepingType(string name, Func<OperatorCall, torch.Tensor> compute, int input = 0, string domain = "")
        => AddMany(name, call => [NarrowTypes.As(compute(call), call.WidenedFrom(input))], domain);

    /// <summary>Adds an operator with several outputs, or outputs that are no tensors.</summary>
    public void AddMany(string name, Func<OperatorCall, OnnxValue[]> compute, string domain = "")
        => _operators.Add((domain, name), compute);

    /// <summary>The operator's implementation, or null where it is not claimed. The domain "ai.onnx" is "".</summary>
    public Func<OperatorCall, OnnxValue[]>? Find(string domain, string name)
        => _operators.GetValueOrDefault((domain == "ai.onnx" ? "" : domain, name));

    /// <summary>Every operator that is claimed.</summary>
    public IEnumerable<(string Domain, string Name)> Claimed => _operators.Keys;
}
