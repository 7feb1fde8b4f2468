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
            if (NativeLibrary.TryLoad(library, typeof(torch).Assembly, null, out _)) continue;
            string file = TorchLibraryAdvice.FileName(library);
            string? path = NativeSearch.Find(file);
            string reason = path is null ? $"'{file}' is in none of: {string.Join(", ", NativeSearch.Folders())}." : ReasonOf(path);
            return new DllNotFoundException(TorchLibraryAdvice.Message(file, path is not null, reason), path is null ? null : _mendFailure);
        }

        return null;
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
