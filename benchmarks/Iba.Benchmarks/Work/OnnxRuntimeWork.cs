using Microsoft.ML.OnnxRuntime;

namespace Iba.Benchmarks;

/// <summary>The network's forward pass in OnnxRuntime, which has no gradients: what an inference engine needs for the same file.</summary>
internal sealed class OnnxRuntimeWork : IWork
{
    private readonly WorkOrder _order;
    private readonly InferenceSession _session;
    private readonly SessionOptions _options;
    private readonly OrtValue _images;

    public OnnxRuntimeWork(WorkOrder order)
    {
        _order = order;
        _options = new SessionOptions { IntraOpNumThreads = TorchSharp.torch.get_num_threads() };
        _session = new InferenceSession(order.File, _options);
        using var images = Images.Random(order.Batch, order.Size);
        _images = OrtValue.CreateTensorValueFromMemory(images.data<float>().ToArray(), [order.Batch, 3, order.Size, order.Size]);
    }

    public void Run()
    {
        using var options = new RunOptions();
        for (int i = 0; i < _order.Images; i++)
        {
            using var scores = _session.Run(options, [_session.InputNames[0]], [_images], [_session.OutputNames[0]]);
        }
    }

    public void Dispose()
    {
        _images.Dispose();
        _session.Dispose();
        _options.Dispose();
    }
}
