using System.Globalization;
using System.Text;

namespace Iba.Torch.Tests;

public sealed class MapFileTests
{
    private static readonly float[] Map = [0, 0.1f, float.NaN, 1e-10f, 2, float.MaxValue];

    // NEP 1, version 1.0: magic, version, length of the header, header with spaces up to a multiple of 64, values.
    [Fact]
    public void Npy_has_the_bytes_of_NumPys_format()
    {
        byte[] file = MapFile.ToNpy(Map, 2, 3);
        string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        byte[] expected = [0x93, .. "NUMPY"u8, 1, 0, 0x76, 0, .. Encoding.ASCII.GetBytes(header.PadRight(117) + "\n")];
        Assert.Equal(expected, file[..128]);
        Assert.Equal(Map, Enumerable.Range(0, 6).Select(i => BitConverter.ToSingle(file, 128 + (4 * i))));
        Assert.Equal(128 + 24, file.Length);
        Assert.Contains("'shape': (6,), }", Encoding.ASCII.GetString(MapFile.ToNpy(Map)), StringComparison.Ordinal);
    }

    [Fact]
    public void Csv_has_a_line_for_each_row_and_gives_the_same_floats_back_in_any_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            string text = MapFile.ToCsv(Map, 2, 3);
            string[] lines = text.Split('\n');
            Assert.Equal(3, lines.Length);
            Assert.StartsWith("0,0.1,\n", text, StringComparison.Ordinal);
            Assert.Equal([1e-10f, 2, float.MaxValue], lines[1].Split(',').Select(value => float.Parse(value, CultureInfo.InvariantCulture)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_shape_of_another_size_and_a_table_of_three_dimensions_are_refused()
    {
        Assert.Contains("6 values cannot have the shape [2, 2]", Assert.Throws<ArgumentException>(() => MapFile.ToNpy(Map, 2, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("SaveNpy", Assert.Throws<ArgumentException>(() => MapFile.ToCsv(Map, 1, 2, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layer_reads_as_a_line()
        => Assert.Equal("blocks.4 [any, 40, 28, 28], after a ReLU, 37 % of the work before it", new LayerInfo("blocks.4", [-1, 40, 28, 28], true, 0.372).ToString());
}
