using Iba.Tests;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>The hash of what a head computes with.</summary>
public class HeadFingerprintTests
{
    [Theory]
    [InlineData("features.conv1.weight", true)]
    [InlineData("features.norm1.bias", true)]
    [InlineData("features.norm1.running_mean", true)]
    [InlineData("features.conv2.bias", true)]
    [InlineData("fc.weight", false)]
    public void It_changes_with_the_weights_before_the_layer_only(string changed, bool matters)
    {
        using var scope = NewDisposeScope();
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.Split("features.conv2");
        string before = split.HeadFingerprint()!;
        var weight = module.state_dict()[changed];
        var saved = weight.clone();
        using (no_grad()) weight[0].add_(1e-3);
        Assert.Equal(!matters, before == split.HeadFingerprint());
        using (no_grad()) weight.copy_(saved);
        Assert.Equal(before, split.HeadFingerprint());
    }

    [Fact]
    public void It_is_the_same_for_equal_modules_and_follows_loading_training_and_noise()
    {
        using var scope = NewDisposeScope();
        using var module = TestModules.Create("sequential");
        using var other = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var equal = new ModuleNetwork(other, TestModules.InputShape);
        using var split = network.Split("features");
        using var same = equal.Split("features");
        string before = split.HeadFingerprint()!;
        Assert.Matches("^[0-9a-f]{64}$", before);
        Assert.Equal(before, same.HeadFingerprint());
        Assert.NotEqual(before, equal.Split("features.relu2").HeadFingerprint());
        Assert.NotEqual(before, equal.Split("features.pool1").HeadFingerprint());
        using (network.RandomizeWeights("fc", 1)) Assert.Equal(before, split.HeadFingerprint());
        using (network.RandomizeWeights("features.conv1", 1)) Assert.NotEqual(before, split.HeadFingerprint());
        Assert.Equal(before, split.HeadFingerprint());

        using (no_grad()) other.get_parameter("features.conv1.weight")!.mul_(2);
        module.load_state_dict(other.state_dict());
        Assert.NotEqual(before, split.HeadFingerprint());
        Assert.Equal(same.HeadFingerprint(), split.HeadFingerprint());
    }

    [Fact]
    public void Parameters_that_no_call_shows_belong_to_the_head()
    {
        using var scope = NewDisposeScope();
        using var module = new WithOwnParameters();
        using var network = new ModuleNetwork(module, [6]);
        using var split = network.Split("first");
        Assert.Equal(["", "first", "second"], network.WeightLayers);
        string before = split.HeadFingerprint()!;
        using (network.RandomizeWeights("second", 1)) Assert.Equal(before, split.HeadFingerprint());
        using (network.RandomizeWeights("", 1)) Assert.NotEqual(before, split.HeadFingerprint());
    }

    [Fact]
    public void Nothing_lies_before_the_input()
    {
        using var scope = NewDisposeScope();
        using var module = TestModules.Create("sequential");
        using var network = new ModuleNetwork(module, TestModules.InputShape);
        using var split = network.SplitAtInput();
        string? before = split.HeadFingerprint();
        Assert.NotNull(before);
        using (network.RandomizeWeights("features.conv1", 1)) Assert.Equal(before, split.HeadFingerprint());
    }

    [Fact]
    public void That_of_TorchScript_files_follows_the_files_and_noise()
    {
        using var network = TorchScriptNetwork.Load(PathOf("sequence"), [3, 12, 12]);
        using var again = TorchScriptNetwork.Load(PathOf("sequence"), [3, 12, 12]);
        using var traced = TorchScriptNetwork.Load(PathOf("sequence-traced"), [3, 12, 12]);
        using var split = network.Split("stem");
        using var same = again.Split("stem");
        string before = split.HeadFingerprint()!;
        Assert.Equal(before, same.HeadFingerprint());
        Assert.NotEqual(before, again.Split("body").HeadFingerprint());
        Assert.NotEqual(before, traced.Split("stem").HeadFingerprint());
        using (network.RandomizeWeights("stem.0", 1)) Assert.NotEqual(before, split.HeadFingerprint());
        Assert.Equal(before, split.HeadFingerprint());

        static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Networks", "TorchScript", name + ".pt");
    }

    private sealed class WithOwnParameters : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Parameter shift = nn.Parameter(linspace(-1, 1, 4));
        private readonly nn.Module<Tensor, Tensor> first = nn.Linear(6, 4), second = nn.Linear(4, 3);

        public WithOwnParameters() : base(nameof(WithOwnParameters))
        {
            RegisterComponents();
            this.Seeded();
        }

        public override Tensor forward(Tensor input) => second.call(first.call(input).relu() + shift);
    }
}
