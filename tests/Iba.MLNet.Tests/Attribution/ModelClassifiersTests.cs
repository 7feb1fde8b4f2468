using Iba.Torch;
using Microsoft.ML;

namespace Iba.MLNet.Tests;

/// <summary>Networks found in fitted models instead of being handed over.</summary>
public sealed class ModelClassifiersTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly IDataView _data;

    public ModelClassifiersTests() => _data = _ml.Data.LoadFromEnumerable(PixelRow.Make(12));

    public void Dispose() => _network.Dispose();

    private float[][] GradCamMaps(Network? network, ITransformer? model)
    {
        using var transformer = _ml.Transforms.Attribution(new AttributionEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Pixels",
            Network = network,
            Model = model,
            Method = new GradCam(),
            Layer = "conv1",
        }).Fit(_data);
        return _ml.Read(transformer.Transform(_data)).Select(row => row.Heatmap).ToArray();
    }

    [Fact]
    public void An_explainer_lends_its_network_also_out_of_a_chain_and_a_file()
    {
        float[][] expected = GradCamMaps(_network, null);
        Assert.Contains(expected, map => map.Any(value => value > 0));
        using var explainer = _ml.Transforms.Iba(TestPipelines.PixelOptions(_network)).Fit(_data);
        Assert.Equal(expected, GradCamMaps(null, explainer));

        using var zip = new MemoryStream();
        _ml.Model.Save(_ml.Transforms.CopyColumns("Copy", "Name").Append(_ml.Transforms.Iba(TestPipelines.PixelOptions(_network))).Fit(_data), _data.Schema, zip);
        zip.Position = 0;
        using var loaded = (IDisposable)_ml.Model.Load(zip, out _);
        Assert.Equal(expected, GradCamMaps(null, (ITransformer)loaded));
    }

    [Fact]
    public void One_line_lets_another_vendors_model_be_explained()
    {
        var foreign = _ml.Transforms.CopyColumns("Copy", "Name").Fit(_data);
        string message = Assert.ThrowsAny<ArgumentException>(() => GradCamMaps(null, foreign)).Message;
        Assert.Contains("No network was found in the model (ColumnCopyingTransformer)", message, StringComparison.Ordinal);
        Assert.Contains("ModelClassifiers.Register", message, StringComparison.Ordinal);

        ModelClassifiers.Register("test models", steps => steps.Contains(foreign) ? [Classifier()] : []);
        Assert.Equal(GradCamMaps(_network, null), GradCamMaps(null, foreign));
    }

    private ModelClassifier Classifier()
        => new() { Name = "test", Network = _network, OwnsNetwork = false, InputColumnName = "Pixels", ScoreColumnName = "Score" };

    [Fact]
    public void Several_networks_and_a_network_beside_a_model_are_refused()
    {
        using var other = new ConvolutionalNetwork(seed: 6);
        var otherOptions = TestPipelines.PixelOptions(other);
        otherOptions.OutputColumnName = "Other";
        var chain = _ml.Transforms.Iba(TestPipelines.PixelOptions(_network)).Append(_ml.Transforms.Iba(otherOptions)).Fit(_data);
        Assert.Contains("several networks", Assert.ThrowsAny<ArgumentException>(() => GradCamMaps(null, chain)).Message, StringComparison.Ordinal);
        Assert.Contains("not both", Assert.ThrowsAny<ArgumentException>(() => GradCamMaps(_network, chain)).Message, StringComparison.Ordinal);
    }
}
