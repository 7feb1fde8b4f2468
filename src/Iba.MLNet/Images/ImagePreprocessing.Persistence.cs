using Iba.Torch;

namespace Iba.MLNet;

public sealed partial record ImagePreprocessing
{
    private const int FormatVersion = 2;

    /// <summary>Without orientation.</summary>
    private const int FirstVersion = 1;

    /// <summary>Writes the preprocessing; the writer is left open.</summary>
    internal void Save(BinaryWriter writer)
    {
        // *** Binary format ***
        // int: version
        // int x 5: shorter side, width, height, crop width, crop height; 0 where null
        // byte x 3: interpolation, channels, layout
        // double: scale
        // int, double[]: mean
        // int, double[]: standard deviation
        // bool: whether EXIF orientation is applied (from version 2 on)
        writer.Write(FormatVersion);
        foreach (int? side in new[] { ResizeShorterSide, ResizeWidth, ResizeHeight, CropWidth, CropHeight })
        {
            writer.Write(side ?? 0);
        }

        writer.Write((byte)Interpolation);
        writer.Write((byte)Channels);
        writer.Write((byte)Layout);
        writer.Write(Scale);
        WriteList(writer, Mean);
        WriteList(writer, Std);
        writer.Write(ApplyExifOrientation);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are no preprocessing, or one of a newer version.</exception>
    internal static ImagePreprocessing Load(BinaryReader reader)
    {
        try
        {
            int version = reader.ReadInt32();
            if (version is < FirstVersion or > FormatVersion)
            {
                throw new InvalidDataException(
                    $"The image preprocessing has format version {version}; this version of Iba.MLNet reads {FirstVersion} to {FormatVersion}. Update the package.");
            }

            var preprocessing = new ImagePreprocessing
            {
                ResizeShorterSide = ReadSide(reader),
                ResizeWidth = ReadSide(reader),
                ResizeHeight = ReadSide(reader),
                CropWidth = ReadSide(reader),
                CropHeight = ReadSide(reader),
                Interpolation = (ImageInterpolation)reader.ReadByte(),
                Channels = (ImageChannels)reader.ReadByte(),
                Layout = (ImageLayout)reader.ReadByte(),
                Scale = reader.ReadDouble(),
                Mean = ReadList(reader),
                Std = ReadList(reader),
                ApplyExifOrientation = version > FirstVersion && reader.ReadBoolean(),
            };
            preprocessing.Validate();
            return preprocessing;
        }
        catch (Exception exception) when (exception is EndOfStreamException or ArgumentException)
        {
            throw new InvalidDataException($"The saved image preprocessing is damaged: {exception.Message}", exception);
        }
    }

    private static int? ReadSide(BinaryReader reader) => reader.ReadInt32() is var side and not 0 ? side : null;

    private static void WriteList(BinaryWriter writer, IReadOnlyList<double> values)
    {
        writer.Write(values.Count);
        foreach (double value in values)
        {
            writer.Write(value);
        }
    }

    private static double[] ReadList(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        Check(count is 1 or 3, $"a list of {count} channels was found, 1 or 3 are possible.");
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = reader.ReadDouble();
        }

        return values;
    }
}
