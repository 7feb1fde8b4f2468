namespace Iba.Onnx.Tests;

/// <summary>
/// The ONNX project's own node tests. To run those of some operators or names only, and see every one that does not pass:
/// <c>ONNX_OPS=Conv,MaxPool dotnet test tests/Iba.Onnx.Tests --filter Node_tests</c> or <c>ONNX_CASE=test_conv</c> (a part of the name).
/// </summary>
public class NodeTests
{
    private static readonly Lazy<NodeTestResult[]> Results = new(() => [.. NodeTestCase.All.Select(NodeTestRunner.Run)]);

    [Fact]
    public void Node_tests_of_claimed_operators_pass()
    {
        string[]? operators = Environment.GetEnvironmentVariable("ONNX_OPS")?.Split(',');
        string? name = Environment.GetEnvironmentVariable("ONNX_CASE");
        var results = Results.Value
            .Where(result => operators == null || result.Case.Operators.Intersect(operators).Any())
            .Where(result => name == null || result.Case.Name.Contains(name, StringComparison.Ordinal))
            .ToArray();
        bool selected = operators != null || name != null;
        var wrong = results.Where(result => (result.Outcome == NodeTestOutcome.Failed && (selected || !ConformanceTable.Explained.ContainsKey(result.Case.Name))) || (selected && result.Outcome == NodeTestOutcome.NotClaimed)).ToArray();
        Assert.True(wrong.Length == 0, Report(results, wrong));
    }

    [Fact]
    public void Ninety_seven_percent_of_the_claimed_cases_pass_and_only_failures_are_explained()
    {
        var results = Results.Value;
        int passed = results.Count(result => result.Outcome == NodeTestOutcome.Passed);
        int failed = results.Count(result => result.Outcome == NodeTestOutcome.Failed);
        Assert.True(passed >= 0.97 * (passed + failed), Report(results, []));
        Assert.All(ConformanceTable.Explained.Keys, name => Assert.Equal(NodeTestOutcome.Failed, results.Single(result => result.Case.Name == name).Outcome));
    }

    [Fact]
    public void A_wrong_result_fails()
    {
        var test = NodeTestCase.All.First(test => test.Name == "test_add_bcast");
        Assert.Equal(NodeTestOutcome.Passed, NodeTestRunner.Run(test).Outcome);
        var other = test with { Inputs = [test.Inputs[1], test.Inputs[1]] };
        Assert.Equal(NodeTestOutcome.Failed, NodeTestRunner.Run(other).Outcome);
    }

    private static string Report(NodeTestResult[] results, NodeTestResult[] wrong)
        => $"{results.Count(result => result.Outcome == NodeTestOutcome.Passed)} passed, " +
           $"{results.Count(result => result.Outcome == NodeTestOutcome.NotClaimed)} not claimed, " +
           $"{results.Count(result => result.Outcome == NodeTestOutcome.Failed)} failed:\n" +
           string.Join('\n', wrong.Select(result => $"  {result.Outcome} {result.Case.Name} [{string.Join(",", result.Case.Operators)}, opset {result.Case.Opset}]: {result.Reason}"));
}
