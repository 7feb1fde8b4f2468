using TorchSharp;

namespace Iba.Onnx.Tests;

/// <summary>Every operator that is claimed has a right gradient, or a reason to have none.</summary>
public class GradientTests
{
    public static TheoryData<string> Operators => [.. Names()];

    /// <summary>The operators that are claimed and have a gradient.</summary>
    internal static IEnumerable<string> Names() => OperatorFamilies.Table.Claimed
        .Select(claimed => claimed.Domain.Length == 0 ? claimed.Name : $"{claimed.Domain}::{claimed.Name}")
        .Where(name => !NotDifferentiable.Reasons.ContainsKey(name)).Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Operators))]
    public void The_gradient_of_an_operator_equals_central_differences(string name)
    {
        using var scope = torch.NewDisposeScope();
        var cases = GradientCase.FromNodeTests(name).Concat(GradientCases.ByHand().Where(test => test.Operator == name)).ToArray();
        Assert.True(cases.Length > 0, $"{name} has no case and no reason to have no gradient.");
        string faults = string.Join('\n', cases.Select(GradientCheck.Fault).OfType<string>());
        Assert.True(faults.Length == 0, faults);
    }

    [Fact]
    public void Reasons_are_given_for_claimed_operators_only()
        => Assert.All(NotDifferentiable.Reasons.Keys, name =>
            Assert.NotNull(name.Split("::") is [var domain, var type] ? OperatorFamilies.Table.Find(domain, type) : OperatorFamilies.Table.Find("", name)));
}
