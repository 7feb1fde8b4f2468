namespace Iba.MLNet.Tests;

public sealed class ClassNameFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("iba-names-");

    public void Dispose() => _folder.Delete(recursive: true);

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }

    [Theory]
    [InlineData("names.txt", "cat\ndog \r\nowl\n\n")]
    [InlineData("names.json", """["cat", "dog", "owl"]""")]
    [InlineData("index.json", """{ "1": ["n02", "dog"], "0": ["n01", "cat"], "2": ["n03", "owl"] }""")]
    [InlineData("config.json", """{ "hidden_size": 128, "id2label": { "0": "cat", "2": "owl", "1": "dog" } }""")]
    public void Names_are_read_in_the_order_of_the_classes(string name, string content)
        => Assert.Equal(["cat", "dog", "owl"], ClassNameFile.Read(Write(name, content)));

    [Theory]
    [InlineData("names.txt", "cat\n\nowl\n", "Line 2 of")]
    [InlineData("names.txt", "\n", "has no class names")]
    [InlineData("names.json", "{", "is no JSON")]
    [InlineData("names.json", "[1]", "1 where a name is expected")]
    [InlineData("names.json", """{ "0": "cat", "3": "dog" }""", "key '3'")]
    [InlineData("names.json", "3", "neither a list")]
    public void What_holds_no_names_is_refused_and_says_why(string name, string content, string expected)
        => Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => ClassNameFile.Read(Write(name, content))).Message, StringComparison.Ordinal);
}
