namespace Iba.Torch.Tests;

[Collection(TensorFloat32Tests.Switch)]
public class ExecutionOptionsTests
{
    [Theory]
    [InlineData(nameof(ExecutionOptions.GpuDeviceId), -1)]
    [InlineData(nameof(ExecutionOptions.Threads), 0)]
    [InlineData(nameof(ExecutionOptions.RowsPerPass), 0)]
    [InlineData(nameof(ExecutionOptions.PassesAtOnce), -2)]
    [InlineData(nameof(ExecutionOptions.MemoryBudget), 0)]
    public void Values_out_of_range_are_named(string name, int value)
    {
        var options = new ExecutionOptions();
        var property = typeof(ExecutionOptions).GetProperty(name)!;
        property.SetValue(options, Convert.ChangeType(value, Nullable.GetUnderlyingType(property.PropertyType)!, null));
        var failure = Assert.Throws<ArgumentOutOfRangeException>(options.Validate);
        Assert.Equal(name, failure.ParamName);
        Assert.StartsWith($"{name} is {value}; allowed: at least {(name == nameof(ExecutionOptions.GpuDeviceId) ? 0 : 1)}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_and_the_least_values_are_allowed()
    {
        new ExecutionOptions().Validate();
        new ExecutionOptions { GpuDeviceId = 0, Threads = 1, RowsPerPass = 1, PassesAtOnce = 1, MemoryBudget = 1 }.Validate();
    }

    [Fact]
    public void Options_of_the_bottleneck_are_the_same_ones_with_0_for_none()
    {
        var options = new BottleneckOptions { MaxRowsPerPass = 3, MemoryBudget = 5 };
        Assert.Equal((3, 5L), (options.Execution.RowsPerPass, options.Execution.MemoryBudget));
        options.MaxRowsPerPass = 0;
        options.MemoryBudget = 0;
        Assert.Null(options.Execution.RowsPerPass);
        Assert.Null(options.Execution.MemoryBudget);
        Assert.Equal((0, 0L), (options.MaxRowsPerPass, options.MemoryBudget));
    }

    [Fact]
    public void The_number_of_threads_holds_while_rows_are_computed()
    {
        int own = TorchSharp.torch.get_num_threads(), seen = 0;
        using var passes = new Passes<NoLane>(new() { Threads = own + 1, PassesAtOnce = 1 }, () => new NoLane());
        passes.Run([[0]], null, TorchSharp.DeviceType.CPU, _ => 1, (_, _) => seen = TorchSharp.torch.get_num_threads());
        Assert.Equal((own + 1, own), (seen, TorchSharp.torch.get_num_threads()));
    }

    [Theory]
    [InlineData(true, TorchSharp.DeviceType.CUDA)]
    [InlineData(false, TorchSharp.DeviceType.CUDA)]
    [InlineData(false, TorchSharp.DeviceType.CPU)]
    [InlineData(null, TorchSharp.DeviceType.CUDA)]
    public void Rounding_of_GPUs_is_as_asked_while_rows_are_computed(bool? allowed, TorchSharp.DeviceType device)
    {
        var own = TensorFloat32Tests.Switches;
        (bool Convolutions, bool Products) seen = default;
        using var passes = new Passes<NoLane>(new() { AllowTensorFloat32 = allowed }, () => new NoLane());
        passes.Run([[0]], null, device, _ => 1, (_, _) => seen = TensorFloat32Tests.Switches);
        Assert.Equal(allowed is { } asked && device == TorchSharp.DeviceType.CUDA ? (asked, asked) : own, seen);
        Assert.Equal(own, TensorFloat32Tests.Switches);
    }

    private sealed class NoLane : ILane<NoLane>
    {
        public double BytesPerRow => 0;

        public NoLane? Fork() => null;

        public void Dispose()
        {
        }
    }
}
