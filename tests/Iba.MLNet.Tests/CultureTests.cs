using System.CommandLine;
using ExplainPhotos;
using Iba.Tests;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

/// <summary>Nothing depends on the culture: results, files, messages, and what is typed.</summary>
public class CultureTests
{
    private static readonly ImagePreprocessing Fraction = ImagePreprocessing.ImageNet with { Scale = 0.5, Mean = [0.25, 0.5, 0.75] };

    [Fact]
    public void A_pipeline_has_the_same_maps_and_messages_and_reads_its_files_under_another_culture()
    {
        string zip = Path.GetTempFileName();
        try
        {
            var expected = Explain(zip);
            var german = German.Do(() => Explain(zip));
            Assert.Equal(expected.Maps, german.Maps);
            Assert.Equal(expected.Log, german.Log);
            Assert.NotEmpty(expected.Log);

            // Saved under one culture, loaded under the other.
            Assert.Equal(expected.Maps, Load(zip));
            Explain(zip);
            Assert.Equal(expected.Maps, German.Do(() => Load(zip)));
        }
        finally
        {
            File.Delete(zip);
        }
    }

    [Fact]
    public void Options_are_named_as_a_program_writes_them()
    {
        using var network = new ConvolutionalNetwork();
        string Refused(Action<IbaEstimator.Options> change) => German.Do(() => Assert.ThrowsAny<ArgumentException>(() =>
        {
            var options = Options(network);
            change(options);
            new MLContext().Transforms.Iba(options);
        }).Message);

        Assert.Contains("Beta is -0.5;", Refused(options => options.Beta = -0.5), StringComparison.Ordinal);
        Assert.Contains("ActiveThreshold is 1.5;", Refused(options => options.ActiveThreshold = 1.5), StringComparison.Ordinal);
        Assert.Contains("Std is [0.5, 0, 1]", Refused(options => options.Preprocessing = ImagePreprocessing.ImageNet with { Std = [0.5, 0, 1] }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_preprocessing_has_one_text_and_one_form_in_files()
    {
        static byte[] Save()
        {
            using var stream = new MemoryStream();
            using var writer = new BinaryWriter(stream);
            Fraction.Save(writer);
            writer.Flush();
            return stream.ToArray();
        }

        Assert.Equal(Fraction.ToString(), German.Do(Fraction.ToString));
        Assert.Equal(Save(), German.Do(Save));
    }

    [Theory]
    [InlineData("0.5", 0.5)]
    [InlineData("5", 5)]
    [InlineData("1e-3", 0.001)]
    [InlineData("1.000", 1)]
    public void Typed_numbers_have_a_point(string text, double expected)
    {
        var option = InvariantNumber.Double("--beta", "", 10);
        double Parse() => new RootCommand { option }.Parse(["--beta", text]).GetValue(option);
        Assert.Equal(expected, Parse());
        Assert.Equal(expected, German.Do(Parse));
    }

    [Theory]
    [InlineData("0,5", "--beta is '0,5'; it must be a number with a point, such as 0.5. Did you mean 0.5?")]
    [InlineData("1,000", "--beta is '1,000'; it must be a number with a point")]
    [InlineData("1.000,5", "--beta is '1.000,5'; it must be a number with a point")]
    [InlineData("NaN", "--beta is 'NaN'")]
    [InlineData("1e999", "--beta is '1e999'")]
    [InlineData("five", "--beta is 'five'")]
    public void What_may_mean_two_numbers_is_refused(string text, string message)
    {
        var option = InvariantNumber.Double("--beta", "", 10);
        string Error() => Assert.Single(new RootCommand { option }.Parse(["--beta", text]).Errors).Message;
        Assert.StartsWith(message, Error(), StringComparison.Ordinal);
        Assert.Equal(Error(), German.Do(Error));
    }

    [Theory]
    [InlineData("0", "--count is 0; it must be a whole number of at least 1")]
    [InlineData("1,000", "--count is '1,000'")]
    [InlineData("2.5", "--count is '2.5'")]
    [InlineData("-3", "--count is '-3'")]
    public void Counts_are_whole(string text, string message)
    {
        var option = InvariantNumber.Int32("--count", "", least: 1, byDefault: 12);
        Assert.StartsWith(message, Assert.Single(new RootCommand { option }.Parse(["--count", text]).Errors).Message, StringComparison.Ordinal);
        Assert.Equal(12, new RootCommand { option }.Parse([]).GetValue(option));
        Assert.Equal(3, new RootCommand { option }.Parse(["--count", "3"]).GetValue(option));
    }

    [Fact]
    public void A_class_may_be_left_out()
    {
        var option = InvariantNumber.OptionalInt32("--target", "");
        Assert.Null(new RootCommand { option }.Parse([]).GetValue(option));
        Assert.Equal(0, new RootCommand { option }.Parse(["--target", "0"]).GetValue(option));
        Assert.Single(new RootCommand { option }.Parse(["--target", "-1"]).Errors);
    }

    private static IbaEstimator.Options Options(ConvolutionalNetwork network) => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = nameof(PixelRow.Pixels),
        Network = network,
        Layer = "conv1",
        Beta = 2.5,
        Seed = 1,
        Steps = 3,
        NoiseCopies = 2,
    };

    private static (float[][] Maps, string[] Log) Explain(string zip)
    {
        var ml = new MLContext(seed: 1);
        List<string> log = [];
        ml.Log += (_, e) =>
        {
            if (e.Source.StartsWith("Iba", StringComparison.Ordinal) && e.Kind is Microsoft.ML.Runtime.ChannelMessageKind.Info or Microsoft.ML.Runtime.ChannelMessageKind.Warning) log.Add(e.RawMessage);
        };
        using var network = new ConvolutionalNetwork();
        var rows = ml.Data.LoadFromEnumerable(PixelRow.Make(6));
        using var transformer = ml.Transforms.Iba(Options(network)).Fit(rows);
        ml.Model.Save(transformer, rows.Schema, zip);
        return (transformer.Transform(rows).GetColumn<float[]>("Heatmap").ToArray(), [.. log.Where(text => !text.Contains("Elapsed", StringComparison.Ordinal))]);
    }

    private static float[][] Load(string zip)
    {
        var ml = new MLContext(seed: 1);
        var loaded = ml.Model.Load(zip, out _);
        using var disposable = (IDisposable)loaded;
        return loaded.Transform(ml.Data.LoadFromEnumerable(PixelRow.Make(6))).GetColumn<float[]>("Heatmap").ToArray();
    }
}
