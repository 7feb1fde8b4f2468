using System.Text.RegularExpressions;

namespace Iba.Architecture.Tests.Randomness;

/// <summary>A test whose numbers come from libtorch's own generator sees other ones in each process, and fails in some.</summary>
public sealed partial class SeededTestsTests
{
    private static IEnumerable<string> Files => Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .Where(file => Path.GetFileNameWithoutExtension(file) != nameof(SeededTestsTests));

    [Fact]
    public void Numbers_are_drawn_from_generators()
        => Assert.Empty(Files.SelectMany(file => UnseededDraws(File.ReadAllText(file)).Select(line => $"{Path.GetRelativePath(Repository.Root, file)}: {line}")));

    [Fact]
    public void Files_that_make_layers_set_their_weights()
        => Assert.Empty(Files.Where(file => LeavesWeights(File.ReadAllText(file))).Select(file => $"{Path.GetRelativePath(Repository.Root, file)} makes layers: call Seeded() on the module."));

    [Theory]
    [InlineData("var x = rand(2, 3);", true)]
    [InlineData("var x = torch.randn([2, 3]);", true)]
    [InlineData("var x = randn([2, 3], generator: generator);", false)]
    [InlineData("var x = Toy.Random([2, 3]);", false)]
    public void A_draw_without_generator_is_found(string line, bool expected) => Assert.Equal(expected, UnseededDraws(line).Any());

    [Theory]
    [InlineData("nn.Sequential(nn.Conv2d(3, 4, 3))", true)]
    [InlineData("nn.Sequential(nn.Conv2d(3, 4, 3)).Seeded()", false)]
    [InlineData("var linear = nn.Linear(2, 2); linear.weight!.copy_(known);", false)]
    [InlineData("var linear = new Linear([6]);", false)]
    [InlineData("using static TorchSharp.torch.nn;\nvar layer = Conv2d(3, 4, 3);", true)]
    public void Layers_without_weights_of_their_own_are_found(string text, bool expected) => Assert.Equal(expected, LeavesWeights(text));

    private static IEnumerable<string> UnseededDraws(string text)
        => text.Split('\n').Where(line => Draw().IsMatch(line) && !line.Contains("generator", StringComparison.OrdinalIgnoreCase)).Select(line => line.Trim());

    private static bool LeavesWeights(string text)
        => Layer().IsMatch(text) && !text.Contains(".Seeded(", StringComparison.Ordinal) && !text.Contains(".copy_(", StringComparison.Ordinal);

    [GeneratedRegex(@"(?<![\w.""])(torch\.)?rand(n|int|perm|_like|n_like)?\(")]
    private static partial Regex Draw();

    [GeneratedRegex(@"(\bnn\.|^using static TorchSharp\.torch\.nn;.*(?<!new )(?<![\w.]))(Conv[123]d|ConvTranspose[123]d|Linear|Embedding|LSTM|GRU)\(", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Layer();
}
