using Iba.Torch;
using Microsoft.ML.Runtime;

namespace Iba.MLNet;

/// <summary>The file that holds a training's state between two runs of Fit; without a path there is none.</summary>
/// <param name="host">For errors.</param>
/// <param name="path">The file; null: none is read or written.</param>
internal sealed class ReadoutCheckpoint(IHost host, string? path)
{
    private const string OptionName = nameof(IbaReadoutEstimator.Options.CheckpointPath);

    /// <summary>The training to go on with; null: there is none yet.</summary>
    /// <param name="network">The network.</param>
    /// <param name="cut">Its cut.</param>
    /// <param name="options">The options that are asked for; where no seed is, with the given one.</param>
    public ReadoutTraining? Load(Network network, ReadoutCut cut, Func<long, ReadoutOptions> options)
    {
        if (path == null || !File.Exists(path)) return null;
        using var access = network.Access.Enter();
        ReadoutTraining? training = null;
        try
        {
            using (var stream = File.OpenRead(path)) training = ReadoutTraining.Load(cut, stream);
            var asked = options(training.Options.Seed);
            if (!Bytes(asked).AsSpan().SequenceEqual(Bytes(training.Options))) throw new InvalidDataException("its options are others than those of this estimator.");
            return training;
        }
        catch (Exception failure) when (failure is InvalidDataException or ArgumentException)
        {
            training?.Dispose();
            throw host.ExceptUserArg(OptionName, $"The training in '{path}' cannot be gone on with: {failure.Message.Split(" (Parameter", 2)[0]} Delete the file to begin anew.");
        }
    }

    /// <summary>Writes the training's state: the new file is there as a whole, or the old one stays.</summary>
    public void Save(ReadoutTraining training)
    {
        if (path == null) return;
        string beside = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            using (var stream = File.Create(beside)) training.Save(stream);
            File.Move(beside, path, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    private static byte[] Bytes(ReadoutOptions options)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        options.Save(writer);
        writer.Flush();
        return stream.ToArray();
    }
}
