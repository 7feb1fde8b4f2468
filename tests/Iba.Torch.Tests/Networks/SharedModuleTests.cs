using Iba.Tests;
using static TorchSharp.torch;

namespace Iba.Torch.Tests;

/// <summary>A module that is explained stays the application's, which goes on using it, and may be explained by several networks.</summary>
public sealed class SharedModuleTests : IDisposable
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(60);

    private readonly Meeting _meeting = new();
    private readonly nn.Module<Tensor, Tensor> _module;

    public SharedModuleTests()
    {
        _module = nn.Sequential(
            ("conv1", nn.Conv2d(3, 4, 3, padding: 1)),
            ("meeting", _meeting),
            ("relu", nn.ReLU(inplace: true)),
            ("dropout", nn.Dropout(0.5)),
            ("conv2", nn.Conv2d(4, 4, 3, padding: 1)),
            ("flatten", nn.Flatten()),
            ("fc", nn.Linear(4 * 16 * 16, TestModules.Classes))).Seeded();
        _module.eval();
    }

    public void Dispose()
    {
        _module.Dispose();
        _meeting.Dispose();
    }

    [Theory]
    [InlineData("conv1")]
    [InlineData("relu")]
    [InlineData("conv2")]
    public void Calls_of_the_application_get_their_own_results_in_the_midst_of_ours(string layer)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var images = TestModules.Images(2);
        var others = TestModules.Images(3, seed: 2);
        float[] expected = Values(_module.call(others));
        using var network = new ModuleNetwork(_module, TestModules.InputShape);
        using var split = network.Split(layer);
        using var origin = split.Head([images]);
        var features = Noisy(origin.Features, 4);
        float[] head = Values(origin.Features), tail = Values(split.Tail(features, origin));

        float[] meanwhile = [];
        var ours = InTheMidst(
            () =>
            {
                using var again = split.Head([images]);
                return (Head: Values(again.Features), Tail: Values(split.Tail(features, again)));
            },
            () => meanwhile = Values(_module.call(others)));

        Assert.Equal(expected, meanwhile);
        Assert.Equal(head, ours.Head);
        Assert.Equal(tail, ours.Tail);
    }

    [Fact]
    public void Two_networks_in_the_midst_of_each_other_get_what_they_get_alone()
    {
        using var scope = NewDisposeScope();
        using var first = new ModuleNetwork(_module, TestModules.InputShape);
        using var second = new ModuleNetwork(_module, TestModules.InputShape);
        using var one = first.Split("conv1");
        using var other = second.Split("conv2");
        using var origin = one.Head([TestModules.Images(1)]);
        using var otherOrigin = other.Head([TestModules.Images(2, seed: 3)]);
        Tensor features = Noisy(origin.Features, 4), otherFeatures = Noisy(otherOrigin.Features, 4);
        float[] expected = Values(one.Tail(features, origin)), otherExpected = Values(other.Tail(otherFeatures, otherOrigin));

        float[] meanwhile = [];
        float[] found = InTheMidst(() => Values(one.Tail(features, origin)), () => meanwhile = Values(other.Tail(otherFeatures, otherOrigin)));

        Assert.Equal(expected, found);
        Assert.Equal(otherExpected, meanwhile);
    }

    [Fact]
    public void Networks_that_share_a_part_take_turns_and_others_do_not()
    {
        using var whole = new ModuleNetwork(_module, TestModules.InputShape);
        using var part = new ModuleNetwork((nn.Module<Tensor, Tensor>)_module.children().First(), TestModules.InputShape);
        using var apartModule = TestModules.Create("sequential");
        using var apart = new ModuleNetwork(apartModule, TestModules.InputShape);
        foreach (var (held, wanted) in new[] { (whole, part), (part, whole) })
        {
            using var entered = new ManualResetEventSlim();
            var waiting = new Thread(() =>
            {
                using var access = wanted.Access.Enter();
                entered.Set();
            });
            using (held.Access.Enter())
            {
                waiting.Start();
                Assert.False(entered.Wait(100));
                var free = new Thread(() => apart.Access.Enter().Dispose());
                free.Start();
                Assert.True(free.Join(LongEnough));
            }

            Assert.True(waiting.Join(LongEnough));
            Assert.True(entered.IsSet);
        }
    }

    [Fact]
    public void The_last_network_restores_what_the_first_one_found()
    {
        _module.train();
        var conv1 = (nn.Module<Tensor, Tensor>)_module.children().First();
        var bias = conv1.named_parameters().First(named => named.name == "bias").parameter;
        bias.requires_grad = false;
        using var images = TestModules.Images(1);
        var first = new ModuleNetwork(_module, TestModules.InputShape);
        var second = new ModuleNetwork(_module, TestModules.InputShape);
        var part = new ModuleNetwork(conv1, TestModules.InputShape);
        float[] expected = Values(second.Forward([images]));

        first.Dispose();
        first.Dispose();
        Assert.Equal(expected, Values(second.Forward([images])));
        second.Dispose();
        Assert.All(_module.named_modules(), named => Assert.Equal(named.name != "conv1", named.module.training));
        Assert.All(conv1.parameters(), weight => Assert.False(weight.requires_grad));
        part.Dispose();
        Assert.All(_module.modules(), module => Assert.True(module.training));
        Assert.All(_module.parameters(), weight => Assert.Equal(!ReferenceEquals(weight, bias), weight.requires_grad));
    }

    [Fact]
    public void A_module_that_is_trained_meanwhile_is_refused_and_left_alone()
    {
        using var scope = NewDisposeScope();
        using var network = new ModuleNetwork(_module, TestModules.InputShape);
        using var split = network.Split("relu");
        var images = TestModules.Images(2);
        using var origin = split.Head([images]);
        float[] expected = Values(network.Forward([images]));

        _module.train();
        foreach (var use in new Action[] { () => network.Forward([images]), () => split.Head([images]), () => split.Tail(origin.Features, origin) })
        {
            Assert.Contains("was put into training mode", Assert.Throws<InvalidOperationException>(use).Message, StringComparison.Ordinal);
        }

        Assert.True(_module.training);
        _module.eval();
        _module.children().ElementAt(3).train();
        Assert.StartsWith("'dropout' was put into", Assert.Throws<InvalidOperationException>(() => network.Forward([images])).Message, StringComparison.Ordinal);
        _module.eval();
        _module.parameters().First().requires_grad = true;
        Assert.StartsWith("The weights 'conv1.", Assert.Throws<InvalidOperationException>(() => network.Forward([images])).Message, StringComparison.Ordinal);
        _module.parameters().First().requires_grad = false;
        Assert.Equal(expected, Values(network.Forward([images])));
    }

    [Fact]
    public void A_module_that_is_put_into_training_mode_during_a_pass_is_refused()
    {
        using var network = new ModuleNetwork(_module, TestModules.InputShape);
        using var images = TestModules.Images(2);
        string message = "";
        InTheMidst(() => message = Assert.Throws<InvalidOperationException>(() => network.Forward([images])).Message, () => _module.train());
        Assert.Contains("training mode", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_pass_started_and_outlived_it_is_none_of_its_calls()
    {
        using var images = TestModules.Images(2);
        using var network = new ModuleNetwork(_module, TestModules.InputShape);
        float[] expected = Values(network.Forward([images]));
        using var split = network.Split("conv2");
        using var origin = split.Head([images]);
        using var over = new ManualResetEventSlim();
        Task<float[]>? started = null;
        _meeting.Attend = () => started ??= Task.Run(() =>
        {
            Assert.True(over.Wait(LongEnough));
            using var noGradient = no_grad();
            using var output = _module.call(images);
            return Values(output);
        });
        split.Tail(origin.Features.zeros_like(), origin).Dispose();
        over.Set();
        Assert.Equal(expected, await started!.WaitAsync(LongEnough));
    }

    /// <summary>Does something on another thread, while a pass on this one has come to the meeting.</summary>
    private T InTheMidst<T>(Func<T> pass, Action meanwhile)
    {
        int thread = Environment.CurrentManagedThreadId;
        bool met = false;
        _meeting.Attend = () =>
        {
            if (Environment.CurrentManagedThreadId != thread || met) return;
            met = true;
            Exception? failure = null;
            var other = new Thread(() => failure = Record.Exception(() =>
            {
                using var scope = NewDisposeScope();
                using var noGradient = no_grad();
                meanwhile();
            }));
            using (ExecutionContext.SuppressFlow()) other.Start(); // A thread of the application's, which no pass started.
            Assert.True(other.Join(LongEnough));
            Assert.Null(failure);
        };
        var result = pass();
        Assert.True(met);
        return result;
    }

    private static float[] Values(Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();

    private static Tensor Noisy(Tensor features, long copies)
    {
        using var generator = new Generator(4);
        return features.repeat_interleave(copies, 0) + randn([features.shape[0] * copies, .. features.shape[1..]], generator: generator);
    }

    /// <summary>Hands on what it gets; on the way, the test may do something.</summary>
    private sealed class Meeting() : nn.Module<Tensor, Tensor>(nameof(Meeting))
    {
        public Action? Attend { get; set; }

        public override Tensor forward(Tensor input)
        {
            Attend?.Invoke();
            return input.alias();
        }
    }
}
