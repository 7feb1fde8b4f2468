namespace Iba.Onnx.Tests;

public class ConformanceTests
{
    /// <summary>Writes the table anew with <c>UPDATE_DOCS=1</c>.</summary>
    [Fact]
    public void The_table_in_the_documentation_is_current()
    {
        string document = File.ReadAllText(ConformanceTable.Path);
        string updated = ConformanceTable.Update(document, NodeTestCase.All.Select(NodeTestRunner.Run).ToArray());
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1") File.WriteAllText(ConformanceTable.Path, updated);
        else Assert.True(document == updated, "docs/onnx.md is out of date: UPDATE_DOCS=1 dotnet test tests/Iba.Onnx.Tests --filter ConformanceTests");
    }
}
