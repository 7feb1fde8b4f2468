using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Iba.Torch;

/// <summary>Loads libtorch before TorchSharp does, and says what to do where that fails.</summary>
internal static class TorchLibrary
{
    private static readonly Lazy<DllNotFoundException?> Failure = new(Load);

    private static Exception? _mendFailure;

    /// <summary>Loads the native libraries once; called by whatever makes the first tensor.</summary>
    /// <exception cref="DllNotFoundException">A native library is missing or does not load; the message names the package to add.</exception>
    public static void EnsureLoaded()
    {
        if (Failure.Value is { } failure) throw new DllNotFoundException(failure.Message, failure.InnerException);
    }

    /// <summary>Runs when the first of our types is used, so before TorchSharp loads its native library. Never throws.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The mend must come before TorchSharp's static constructor, whichever of our types comes first.")]
    [SuppressMessage("Design", "CA1031", Justification = "An exception here would break every type of the assembly; EnsureLoaded reports it.")]
    internal static void Prepare()
    {
        try
        {
            OpenMPThreads.SleepWhileWaiting();
            LibstdcxxMend.ApplyWhereNeeded();
        }
        catch (Exception exception)
        {
            _mendFailure = exception;
        }
    }

    private static DllNotFoundException? Load()
    {
        NativeMemory.KeepBuffers();
        foreach (string library in new[] { "torch_cpu", "LibTorchSharp" })
        {
            if (Loads(library) || LoadsByPath(library) || TorchSharpFinds(library)) continue;
            string file = TorchLibraryAdvice.FileName(library);
            string? path = NativeSearch.Find(file);
            string reason = path is null ? $"'{file}' is in none of: {string.Join(", ", NativeSearch.Folders())}." : ReasonOf(path);
            return new DllNotFoundException(TorchLibraryAdvice.Message(file, path is not null, reason), path is null ? null : _mendFailure);
        }

        return null;
    }

    private static bool Loads(string library) => NativeLibrary.TryLoad(library, typeof(torch).Assembly, null, out _);

    /// <summary>What lies in folders that the runtime does not look in: once loaded, a library is found by its name.</summary>
    private static bool LoadsByPath(string library)
    {
        foreach (string name in new[] { "c10", "torch_cpu", "torch", library })
        {
            if (NativeSearch.Find(TorchLibraryAdvice.FileName(name)) is { } path) NativeLibrary.TryLoad(path, out _);
        }

        return Loads(library);
    }

    /// <summary>TorchSharp itself looks in more places, and puts the parts of its CUDA packages together; where it fails, our message says more.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it throws, the library is not there.")]
    private static bool TorchSharpFinds(string library)
    {
        try
        {
            RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
            return Loads(library);
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <summary>The loader's own words on why a file that is there does not load.</summary>
    private static string ReasonOf(string path)
    {
        try
        {
            NativeLibrary.Load(path);
            return $"'{path}' loads by its path, but the runtime does not look there.";
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            return exception.Message.Trim();
        }
    }
}
