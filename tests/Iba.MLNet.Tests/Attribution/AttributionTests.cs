using Iba.Torch;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using TorchSharp;

namespace Iba.MLNet.Tests;

/// <summary>Methods in pipelines: the maps are those that they give row by row.</summary>
public sealed class AttributionTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ConvolutionalNetwork _network = new();
    private readonly PixelRow[] _rows = PixelRow.Make(20);
    private readonly IDataView _data;

    public AttributionTests() => _data = _ml.Data.LoadFromEnumerable(_rows);

    public void Dispose() => _network.Dispose();

    public static TheoryData<string> Names =>
    [
        "gradient", "grad-cam", "occlusion", "gradient-times-input", "integrated-gradients", "smooth-grad", "layer-cam", "rise", "random", "centered-gaussian",
    ];

    internal static AttributionMethod Create(string name, int window = 5) => name switch
    {
        "gradient" => new Gradient(),
        "grad-cam" => new GradCam(keepNegative: true),
        "occlusion" => new Occlusion(window),
        "gradient-times-input" => new GradientTimesInput(),
        "integrated-gradients" => new IntegratedGradients(InputBaseline.ChannelMean, steps: 2),
        "smooth-grad" => new SmoothGrad(samples: 2),
        "layer-cam" => new LayerCam(keepNegative: true),
        "rise" => new Rise(masks: 3),
        "random" => new RandomMap(seed: 4),
        _ => new CenteredGaussian(),
    };

    private AttributionEstimator.Options Options(AttributionMethod method) => new()
    {
        OutputColumnName = "Heatmap",
        InputColumnName = "Pixels",
        Network = _network,
        Method = method,
        Layer = method.CutsAtInput ? null : "conv2",
        TargetColumnName = "Target",
        ScoresColumnName = "Scores",
    };

    /// <summary>What the method gives for each row alone.</summary>
    private (float[] Map, float[] Scores, int Target)[] Expected(AttributionMethod method, PixelRow[] rows)
    {
        using var split = method.CutsAtInput ? _network.SplitAtInput() : _network.Split("conv2");
        return rows.Select(row =>
        {
            using var scope = torch.NewDisposeScope();
            using var result = method.Explain(split, [torch.tensor(row.Pixels).view(1, 3, 16, 16)]);
            return (result.ToMap(16, 16).data<float>().ToArray(), result.Probabilities.data<float>().ToArray(), (int)result.Targets.item<long>());
        }).ToArray();
    }

    private static void AssertSame((float[] Map, float[] Scores, int Target)[] expected, ExplainedRow[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        foreach (var (wanted, row) in expected.Zip(found))
        {
            Assert.Equal(wanted.Map, row.Heatmap);
            Assert.Equal(wanted.Scores, row.Scores);
            Assert.Equal(wanted.Target, row.Target);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Columns_have_the_bits_of_a_row_alone_in_every_batch_size(string name)
    {
        using var method = Create(name);
        var expected = Expected(method, _rows);
        Assert.True(expected.Select(row => row.Target).Distinct().Count() > 1);
        foreach (int size in new[] { 1, 3, 8, 64 })
        {
            var options = Options(method);
            options.BatchSize = size;
            using var transformer = _ml.Transforms.Attribution(options).Fit(_data);
            Assert.Equal((method.Name, method.Unit, options.Layer, OutputKind.Logits), (transformer.Method, transformer.Unit, transformer.Layer, transformer.Output));
            var view = transformer.Transform(_data);
            Assert.Equal("Vector<Single, 16, 16>", view.Schema["Heatmap"].Type.ToString());
            AssertSame(expected, _ml.Read(view));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Saved_and_loaded_it_gives_the_same_bits_also_to_an_engine(string name)
    {
        using var method = Create(name);
        var expected = Expected(method, _rows);
        byte[] file;
        using (var transformer = _ml.Transforms.Attribution(Options(method)).Fit(_data))
        {
            using var stream = new MemoryStream();
            _ml.Model.Save(transformer, _data.Schema, stream);
            file = stream.ToArray();
        }

        var model = new MLContext().Model.Load(new MemoryStream(file), out var schema);
        Assert.Equal(_data.Schema.Count, schema.Count);
        using var loaded = (IDisposable)model;
        AssertSame(expected, _ml.Read(model.Transform(_data)));
        using var engine = _ml.Model.CreatePredictionEngine<PixelRow, ExplainedRow>(model, new PredictionEngineOptions { OwnsTransformer = false });
        AssertSame(expected[..5], _rows.Take(5).Select(engine.Predict).ToArray());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_is_computed_unless_a_value_is_asked_for(string name)
    {
        using var method = Create(name);
        using var transformer = _ml.Transforms.Attribution(Options(method)).Fit(_data);
        Clear();
        var view = transformer.Transform(_data);
        Assert.Equal(20, view.GetColumn<string>("Name").Count());
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            while (cursor.MoveNext())
            {
            }
        }

        Assert.Equal(0, _network.ForwardCalls.Count + _network.HeadCalls.Count + _network.TailCalls.Count);
        using (var cursor = view.GetRowCursor([view.Schema["Target"]]))
        {
            var target = cursor.GetGetter<int>(view.Schema["Target"]);
            int value = 0;
            for (int row = 0; row < 10; row++) Assert.True(cursor.MoveNext());
            target(ref value);
        }

        // Rows 8 to 15; each is predicted once.
        Assert.Equal(Enumerable.Repeat(1L, 8), method.CutsAtInput ? _network.ForwardCalls.Where((_, call) => call % (_network.ForwardCalls.Count / 8) == 0) : _network.HeadCalls);

        void Clear()
        {
            _network.ForwardCalls.Clear();
            _network.HeadCalls.Clear();
            _network.TailCalls.Clear();
        }
    }

    [Fact]
    public void Labels_and_one_class_for_all_are_explained()
    {
        using var method = new Gradient();
        var options = Options(method);
        options.LabelColumnName = "Label";
        using var byLabel = _ml.Transforms.Attribution(options).Fit(_data);
        var labelled = _ml.Read(byLabel.Transform(_data));
        Assert.Equal(_rows.Select(row => row.Label), labelled.Select(row => row.Target));
        options.LabelColumnName = null;
        options.TargetIndex = 2;
        using var second = _ml.Transforms.Attribution(options).Fit(_data);
        var found = _ml.Read(second.Transform(_data));
        Assert.All(found, row => Assert.Equal(2, row.Target));
        foreach (int row in new[] { 2, 6 }) Assert.Equal(labelled[row].Heatmap, found[row].Heatmap);
        Assert.NotEqual(labelled[3].Heatmap, found[3].Heatmap);
    }

    public sealed class ImageRow
    {
        [ImageType(16, 16)]
        public MLImage? Photo { get; set; }
    }

    private sealed class OverlaidRow
    {
        public float[] Heatmap { get; set; } = [];

        [ImageType(16, 16)]
        public MLImage? Overlay { get; set; }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_image_is_explained_like_its_pixels_and_drawn_over(string name)
    {
        var preprocessing = ImagePreprocessing.ImageNet with { ResizeShorterSide = 16, CropWidth = 16, CropHeight = 16 };
        byte[] bytes = new byte[3 * 16 * 16];
        new Random(3).NextBytes(bytes);
        var picture = new RgbImage(16, 16, bytes);
        using var image = MLImage.CreateFromStream(new MemoryStream(picture.ToPng()));
        using var method = Create(name);
        var options = Options(method);
        (options.InputColumnName, options.Preprocessing, options.OverlayColumnName) = ("Photo", preprocessing, "Overlay");
        var data = _ml.Data.LoadFromEnumerable([new ImageRow { Photo = image }]);
        using var transformer = _ml.Transforms.Attribution(options).Fit(data);
        using var engine = _ml.Model.CreatePredictionEngine<ImageRow, OverlaidRow>(transformer, new PredictionEngineOptions { OwnsTransformer = false });
        var found = engine.Predict(new ImageRow { Photo = image });
        var expected = Expected(method, [new PixelRow { Pixels = preprocessing.Apply(picture) }]);
        Assert.Equal(expected[0].Map, found.Heatmap);
        using var overlay = found.Overlay!;
        Assert.Equal((16, 16), (overlay.Width, overlay.Height));
        Assert.NotEqual(picture.Pixels.ToArray(), MLImagePixels.Read(overlay).Pixels.ToArray());
    }

    [Fact]
    public void Bad_rows_are_missing_or_throw_and_leave_the_others_alone()
    {
        using var method = new Gradient();
        var expected = Expected(method, _rows);
        var rows = PixelRow.Make(20);
        rows[3].Pixels[7] = float.NaN;
        rows[5].Label = ConvolutionalNetwork.Classes;
        var data = _ml.Data.LoadFromEnumerable(rows);
        var options = Options(method);
        options.BadRows = BadRowHandling.Missing;
        using var transformer = _ml.Transforms.Attribution(options).Fit(_data);
        var found = _ml.Read(transformer.Transform(data));
        Assert.All(found[3].Heatmap, value => Assert.True(float.IsNaN(value)));
        Assert.Equal(-1, found[3].Target);
        for (int row = 0; row < 20; row++)
        {
            if (row != 3) Assert.Equal(expected[row].Map, found[row].Heatmap);
        }

        options.BadRows = BadRowHandling.Throw;
        using var strict = _ml.Transforms.Attribution(options).Fit(_data);
        string message = Assert.ThrowsAny<Exception>(() => _ml.Read(strict.Transform(data))).ToString();
        Assert.Contains("Row 3", message, StringComparison.Ordinal);

        options.LabelColumnName = "Label";
        using var labelled = _ml.Transforms.Attribution(options).Fit(_data);
        message = Assert.ThrowsAny<Exception>(() => _ml.Read(labelled.Transform(_ml.Data.SkipRows(data, 4)))).ToString();
        Assert.Contains("Row 1", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Tokens_are_explained_at_a_layer_and_padding_gets_nothing(string name)
    {
        using var network = new TokenNetwork();
        using var method = Create(name, window: 1);
        var rows = SequenceTests.TokenRow.Make(13);
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var alone = Fit(1);
        using var together = Fit(8);
        together.RowsPerPass = 8;
        var expected = _ml.Read(alone.Transform(data));
        var found = _ml.Read(together.Transform(data));
        Assert.Equal(rows.Select(row => row.Ids.Length), found.Select(row => row.Heatmap.Length));
        Assert.Contains(found, row => row.Heatmap.Length != found[0].Heatmap.Length);
        for (int row = 0; row < rows.Length; row++)
        {
            float largest = expected[row].Heatmap.Max(Math.Abs);
            // Where all tokens are the same, their mean is the row itself.
            Assert.Equal(name is not ("occlusion" or "integrated-gradients") || rows[row].Ids.Distinct().Count() > 1, largest > 0);
            for (int i = 0; i < rows[row].Ids.Length; i++) Assert.Equal(expected[row].Heatmap[i], found[row].Heatmap[i], 1e-4 * largest);
        }

        AttributionTransformer Fit(int batchSize) => _ml.Transforms.Attribution(new AttributionEstimator.Options
        {
            OutputColumnName = "Heatmap",
            InputColumnName = "Ids",
            Network = network,
            Method = method,
            Layer = "embeddings",
            ContextColumns = new Dictionary<string, string> { ["mask"] = "Mask" },
            MaskInputName = "mask",
            BatchSize = batchSize,
        }).Fit(data);
    }

    public sealed class FlatRow
    {
        [VectorType(6)]
        public float[] Values { get; set; } = [];
    }

    [Fact]
    public void Features_of_a_table_get_a_value_each()
    {
        using var scope = torch.NewDisposeScope();
        var weights = torch.arange(24, dtype: torch.float32).view(6, 4);
        using var module = new Product(weights);
        using var network = new ModuleNetwork(module, [6], OutputKind.Logits);
        var data = _ml.Data.LoadFromEnumerable([new FlatRow { Values = [1, 0, 2, 0, 3, 1] }]);
        using var method = new Gradient();
        using var occlusion = new Occlusion(1);
        using var slopes = _ml.Transforms.Attribution("Heatmap", "Values", network, method).Fit(data);
        Assert.Equal([3f, 7, 11, 15, 19, 23], slopes.Transform(data).GetColumn<float[]>("Heatmap").Single());
        using var drops = _ml.Transforms.Attribution("Heatmap", "Values", network, occlusion).Fit(data);
        float mean = 7f / 6;
        float[] expected = [3 * (1 - mean), 7 * (0 - mean), 11 * (2 - mean), 15 * (0 - mean), 19 * (3 - mean), 23 * (1 - mean)];
        float[] found = drops.Transform(data).GetColumn<float[]>("Heatmap").Single();
        for (int i = 0; i < 6; i++) Assert.Equal(expected[i], found[i], 1e-3);
    }

    private sealed class Product(torch.Tensor weights) : torch.nn.Module<torch.Tensor, torch.Tensor>("product")
    {
        public override torch.Tensor forward(torch.Tensor input) => input.matmul(weights);
    }

    [Fact]
    public void Rows_with_channels_last_are_explained_at_the_input()
    {
        using var scope = torch.NewDisposeScope();
        using var network = FunctionNetwork.Create([16, 16, 3], x => x.permute(0, 3, 1, 2).contiguous(), [2, 3], channels: 3);
        var definition = SchemaDefinition.Create(typeof(PixelRow));
        definition["Pixels"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 16, 16, 3);
        var data = _ml.Data.LoadFromEnumerable(_rows, definition);
        using var method = new Gradient();
        using var transformer = _ml.Transforms.Attribution("Heatmap", "Pixels", network, method).Fit(data);
        float[] found = transformer.Transform(data).GetColumn<float[]>("Heatmap").First();
        using var split = network.SplitAtInput();
        using var result = method.Explain(split, [torch.tensor(_rows[0].Pixels).view(1, 16, 16, 3)], new() { ChannelDimension = 3 });
        Assert.Equal(result.ToMap().data<float>().ToArray(), found);
    }

    [Fact]
    public void What_cannot_be_explained_is_refused_before_anything_is_fitted()
    {
        using var cam = new GradCam();
        using var gradient = new Gradient();
        Refused("Layer is not set; 'grad-cam' is about the features of a layer: name one out of the network's Layers", Options(cam), options => options.Layer = null);
        Refused("conv1", Options(cam), options => options.Layer = "conv11");
        Refused("Set either TargetIndex or LabelColumnName", Options(gradient), options => (options.TargetIndex, options.LabelColumnName) = (1, "Label"));
        using var statistics = Statistics();
        using var bottleneck = new PerSampleBottleneck(statistics);
        Refused("has to be measured first: use mlContext.Transforms.Iba", Options(gradient), options => (options.Method, options.Layer) = (bottleneck, "conv1"));
        using var tokens = new TokenNetwork(hasMask: false);
        Refused("embeddings", Options(gradient), options => (options.Network, options.InputColumnName) = (tokens, "Ids"));

        void Refused(string message, AttributionEstimator.Options options, Action<AttributionEstimator.Options> change)
        {
            change(options);
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => _ml.Transforms.Attribution(options)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_class_that_the_network_does_not_have_is_refused_by_fit()
    {
        using var method = new Gradient();
        var options = Options(method);
        options.TargetIndex = 4;
        var estimator = _ml.Transforms.Attribution(options);
        Assert.Contains("TargetIndex is 4; the network has classes 0 to 3", Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(_data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_options_do_not_reach_the_estimator_and_the_promised_schema_is_kept()
    {
        using var method = new Gradient();
        var options = Options(method);
        var estimator = _ml.Transforms.Attribution(options);
        options.OutputColumnName = "Other";
        var promised = estimator.GetOutputSchema(SchemaShape.Create(_data.Schema));
        using var transformer = estimator.Fit(_data);
        var actual = SchemaShape.Create(transformer.GetOutputSchema(_data.Schema));
        Assert.Equal(promised.Select(column => (column.Name, column.Kind, column.ItemType.ToString())), actual.Select(column => (column.Name, column.Kind, column.ItemType.ToString())));
        Assert.Contains(actual, column => column.Name == "Heatmap");
    }

    private static LayerStatistics Statistics()
    {
        using var scope = torch.NewDisposeScope();
        using var accumulator = new LayerStatisticsAccumulator();
        using var generator = new torch.Generator(1);
        accumulator.Add(torch.randn([5, 6, 16, 16], generator: generator));
        return accumulator.ToStatistics();
    }
}
