namespace Iba.Benchmarks;

/// <summary>What a worker process can do.</summary>
internal enum WorkKind
{
    /// <summary>This library's bottleneck on images in memory.</summary>
    Bottleneck,

    /// <summary>What the reference implementation does, on the same libtorch.</summary>
    WholeNetwork,

    /// <summary>The floor: forward and backward passes of the tail alone.</summary>
    Tail,

    /// <summary>This library's ML.NET pipeline on image files.</summary>
    Photographs,

    /// <summary>The head and the bottleneck on the same images, decoded and preprocessed before.</summary>
    PreparedPhotographs,

    /// <summary>This library's ML.NET pipeline on many small images in memory, through a small network.</summary>
    SmallImages,

    /// <summary>The imported network's forward pass.</summary>
    Forward,

    /// <summary>The forward pass of the same network in OnnxRuntime.</summary>
    OnnxRuntimeForward,

    /// <summary>The forward pass of the same network, written as TorchSharp modules (ResNet-50 and VGG-16 only).</summary>
    ModuleForward,

    /// <summary>Loading the file and cutting the network.</summary>
    Import,

    /// <summary>Where the time of a heat map goes.</summary>
    Profile,
}
