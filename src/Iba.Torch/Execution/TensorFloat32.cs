using TorchSharp;

namespace Iba.Torch;

/// <summary>
/// Whether GPUs may round what they multiply to TensorFloat32. libtorch's two switches for it hold for the whole process: who wants another setting
/// than those who compute already waits until they have ended.
/// </summary>
internal static class TensorFloat32
{
    private static readonly object s_gate = new();
    private static (bool Convolutions, bool Products) s_before;
    private static bool s_allowed;
    private static int s_users;

    [ThreadStatic]
    private static int t_uses;

    /// <summary>Sets the switches until the returned value is disposed, where it was asked for on a GPU.</summary>
    /// <param name="allowed">Whether they may; null: as libtorch is set.</param>
    /// <param name="device">Where it is computed.</param>
    /// <returns>Null where nothing was set.</returns>
    public static IDisposable? Use(bool? allowed, DeviceType device)
    {
        if (allowed is not { } wanted || device != DeviceType.CUDA) return null;
        lock (s_gate)
        {
            // A loss that explains something in turn would wait for itself: what began first decides.
            if (t_uses > 0 && s_allowed != wanted) return null;
            while (s_users > 0 && s_allowed != wanted) Monitor.Wait(s_gate);
            t_uses++;
            if (s_users++ == 0)
            {
                s_before = Switches;
                s_allowed = wanted;
                Switches = (wanted, wanted);
            }
        }

        return new Setting();
    }

    private static (bool Convolutions, bool Products) Switches
    {
        get => (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32);
        set => (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32) = value;
    }

    /// <summary>Disposed by the thread that got it.</summary>
    private sealed class Setting : IDisposable
    {
        private bool _disposed;

        public void Dispose()
        {
            if (_disposed) return;
            _disposed = true;
            t_uses--;
            lock (s_gate)
            {
                if (--s_users > 0) return;
                Switches = s_before;
                Monitor.PulseAll(s_gate);
            }
        }
    }
}
