using Microsoft.ML;
using Microsoft.ML.Internal.Utilities;

namespace Iba.MLNet;

/// <summary>
/// A fitted ApplyOnnxModel step, read out of its saved form: so this library needs no reference to Microsoft.ML.OnnxTransformer, and an application
/// that has none does not get one.
/// </summary>
/// <param name="File">The ONNX file, as it was given to ApplyOnnxModel.</param>
/// <param name="Inputs">The network's inputs that columns of the same names feed.</param>
/// <param name="Outputs">The network's outputs that become columns of the same names.</param>
/// <param name="Shapes">Shapes that the pipeline says in place of the file, by the names of inputs and outputs.</param>
internal sealed record OnnxStep(byte[] File, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, int[]> Shapes)
{
    private const string TypeName = "Microsoft.ML.Transforms.Onnx.OnnxTransformer";
    private const string Folder = "Step";
    private const uint FirstWithSeveralColumns = 0x00010002;
    private const uint NewestKnown = 0x00010003;

    /// <summary>Whether a step is ApplyOnnxModel.</summary>
    public static bool Is(ITransformer step) => step.GetType().FullName == TypeName;

    /// <param name="step">A step that <see cref="Is"/> knows.</param>
    /// <exception cref="FileNotFoundException">The ONNX file, which the step reads again whenever it is saved, is not there any more.</exception>
    /// <exception cref="NotSupportedException">Another version of ML.NET wrote it.</exception>
    public static OnnxStep Read(ITransformer step)
    {
        using var stream = new MemoryStream();
        Save(step, stream);
        stream.Position = 0;
        using var repository = RepositoryReader.Open(stream, useFileSystem: false);
        using var entry = repository.OpenEntry(Folder, ModelLoadContext.ModelStreamName);
        using var context = new ModelLoadContext(repository, entry, Folder);
        byte[]? file = null;
        context.TryLoadBinaryStream("OnnxModel", reader => file = reader.ReadByteArray());
        if (file == null || context.Header.ModelVerWritten > NewestKnown)
        {
            throw new NotSupportedException(
                $"ApplyOnnxModel is of a version that is not known here (0x{context.Header.ModelVerWritten:X8}; known are versions up to 0x{NewestKnown:X8}): " +
                $"load its ONNX file with OnnxNetwork.Load, and give it as {nameof(AttributionOptions.Network)}.");
        }

        bool several = context.Header.ModelVerWritten >= FirstWithSeveralColumns;
        string[] inputs = ReadNames(), outputs = ReadNames();
        var shapes = new Dictionary<string, int[]>();
        int shapeCount = context.Reader.ReadInt32();
        for (int i = 0; i < shapeCount; i++) shapes[context.LoadNonEmptyString()] = context.Reader.ReadIntArray();
        return new OnnxStep(file, inputs, outputs, shapes);

        string[] ReadNames()
        {
            string[] names = new string[several ? context.Reader.ReadInt32() : 1];
            for (int i = 0; i < names.Length; i++) names[i] = context.LoadNonEmptyString();
            return names;
        }
    }

    private static void Save(ITransformer step, MemoryStream stream)
    {
        try
        {
            using var repository = RepositoryWriter.CreateNew(stream, useFileSystem: false);
            ModelSaveContext.SaveModel(repository, step, Folder);
            repository.Commit();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new FileNotFoundException(
                $"The ONNX file of an ApplyOnnxModel step cannot be read any more: {failure.Message} A fitted step reads its file again whenever it is saved or " +
                "explained: put the file back, or load the model from a zip, which holds it.",
                (failure as FileNotFoundException)?.FileName,
                failure);
        }
    }
}
