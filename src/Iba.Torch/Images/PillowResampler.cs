using System.Numerics;

namespace Iba.Torch;

/// <summary>Resizes images as Pillow does, byte for byte: two passes in fixed point, rounded to bytes in between.</summary>
internal static class PillowResampler
{
    private const int Half = 1 << (PillowKernel.Precision - 1);

    /// <summary>Resizes an image to <paramref name="width"/> x <paramref name="height"/> and computes only a window of the result.</summary>
    public static RgbImage Resample(
        RgbImage image, int width, int height, (int X, int Y, int Width, int Height) window, ImageInterpolation interpolation)
    {
        var columns = new PillowKernel(image.Width, width, window.X, window.Width, interpolation);
        var rows = new PillowKernel(image.Height, height, window.Y, window.Height, interpolation);

        int rowBytes = 3 * window.Width;
        int firstRow = rows.FirstInput;
        byte[] narrowed = new byte[checked((rows.EndInput - firstRow) * rowBytes)];
        for (int y = firstRow; y < rows.EndInput; y++)
        {
            var source = image.Pixels.Slice(y * 3 * image.Width, 3 * image.Width);
            ResampleRow(source, columns, narrowed.AsSpan((y - firstRow) * rowBytes, rowBytes));
        }

        byte[] result = new byte[checked(window.Height * rowBytes)];
        int[] sums = new int[rowBytes];
        for (int y = 0; y < window.Height; y++)
        {
            Array.Fill(sums, Half);
            var weights = rows.Weights(y);
            for (int k = 0; k < weights.Length; k++)
            {
                AddWeighted(narrowed.AsSpan((rows.Start(y) - firstRow + k) * rowBytes, rowBytes), weights[k], sums);
            }

            Round(sums, result.AsSpan(y * rowBytes, rowBytes));
        }

        return new RgbImage(window.Width, window.Height, result);
    }

    private static void ResampleRow(ReadOnlySpan<byte> source, PillowKernel columns, Span<byte> target)
    {
        for (int x = 0; 3 * x < target.Length; x++)
        {
            var weights = columns.Weights(x);
            var pixels = source.Slice(3 * columns.Start(x), 3 * weights.Length);
            var (red, green, blue) = (Half, Half, Half);
            for (var (k, p) = (0, 0); k < weights.Length; k++, p += 3)
            {
                int weight = weights[k];
                red += pixels[p] * weight;
                green += pixels[p + 1] * weight;
                blue += pixels[p + 2] * weight;
            }

            target[3 * x] = ToByte(red);
            target[(3 * x) + 1] = ToByte(green);
            target[(3 * x) + 2] = ToByte(blue);
        }
    }

    private static void AddWeighted(ReadOnlySpan<byte> row, int weight, Span<int> sums)
    {
        int i = 0;
        // One vector of bytes widens to four vectors of integers.
        for (; i <= row.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(row[i..]), out var low, out var high);
            Vector.Widen(low, out var first, out var second);
            Vector.Widen(high, out var third, out var fourth);
            Add(Vector.AsVectorInt32(first), 0, sums[i..]);
            Add(Vector.AsVectorInt32(second), 1, sums[i..]);
            Add(Vector.AsVectorInt32(third), 2, sums[i..]);
            Add(Vector.AsVectorInt32(fourth), 3, sums[i..]);
        }

        for (; i < row.Length; i++)
        {
            sums[i] += row[i] * weight;
        }

        void Add(Vector<int> values, int part, Span<int> target)
        {
            target = target[(part * Vector<int>.Count)..];
            (new Vector<int>(target) + (values * weight)).CopyTo(target);
        }
    }

    private static void Round(ReadOnlySpan<int> sums, Span<byte> target)
    {
        for (int i = 0; i < sums.Length; i++)
        {
            target[i] = ToByte(sums[i]);
        }
    }

    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> PillowKernel.Precision, 0, 255);
}
