using TorchSharp;

namespace Iba.Torch.Tests;

/// <summary>libtorch keeps the switches without a GPU too.</summary>
[Collection(Switch)]
public class TensorFloat32Tests
{
    public const string Switch = "libtorch's switches of TensorFloat32";

    public static (bool Convolutions, bool Products) Switches => (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32);

    [Fact]
    public void Users_of_one_setting_share_it_and_the_last_puts_back_what_was()
    {
        var own = Switches;
        var first = TensorFloat32.Use(false, DeviceType.CUDA)!;
        var second = TensorFloat32.Use(false, DeviceType.CUDA)!;
        first.Dispose();
        first.Dispose();
        Assert.Equal((false, false), Switches);
        second.Dispose();
        Assert.Equal(own, Switches);
    }

    [Fact]
    public void Within_a_computation_what_began_first_decides()
    {
        var own = Switches;
        using (TensorFloat32.Use(false, DeviceType.CUDA))
        {
            Assert.Null(TensorFloat32.Use(true, DeviceType.CUDA));
            Assert.Equal((false, false), Switches);
        }

        using (TensorFloat32.Use(true, DeviceType.CUDA)) Assert.Equal((true, true), Switches);
        Assert.Equal(own, Switches);
    }

    [Fact]
    public async Task Who_wants_another_setting_waits()
    {
        var own = Switches;
        var first = TensorFloat32.Use(false, DeviceType.CUDA)!;
        using var begun = new ManualResetEventSlim();
        var other = Task.Factory.StartNew(
            () =>
            {
                begun.Set();
                using var setting = TensorFloat32.Use(true, DeviceType.CUDA);
                return Switches;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        begun.Wait();
        await Task.Delay(100);
        Assert.False(other.IsCompleted);
        Assert.Equal((false, false), Switches);
        first.Dispose();
        Assert.Equal((true, true), await other.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(own, Switches);
    }
}
