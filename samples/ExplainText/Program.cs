using ExplainText;
using Iba.MLNet;
using Iba.Onnx;
using Iba.Reports;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

if (args is ["--help" or "-h" or "-?"])
{
    Console.WriteLine("dotnet run --project samples/ExplainText -- [sentence]...   Shades the words that a topic classifier used. No sentence: its own test sentences.");
    return;
}

// Which words does a topic classifier need? Fits on the prototype sentences, explains the test sentences or those on the command line.
string assets = Path.Combine(AppContext.BaseDirectory, "assets", "topics");
string[] topics = File.ReadAllLines(Path.Combine(assets, "labels.txt"));
var ml = new MLContext(seed: 0);
ml.Log += (_, message) => { if (message.Kind >= ChannelMessageKind.Warning) Console.Error.WriteLine(message.RawMessage); }; // Fitted on few rows, for example.
var all = ml.Data.LoadFromTextFile<Sentence>(Path.Combine(assets, "sentences.csv"), separatorChar: ',', hasHeader: true, allowQuoting: true);
var prototypes = ml.Data.FilterByCustomPredicate<Sentence>(all, sentence => sentence.Split != "prototype");
var test = args.Length > 0
    ? ml.Data.LoadFromEnumerable(args.Select(text => new Sentence { Text = text }))
    : ml.Data.FilterByCustomPredicate<Sentence>(all, sentence => sentence.Split != "test");

// Text becomes token ids, an attention mask, and the tokens' places in the text; the ids are explained, the mask passes along.
using var network = OnnxNetwork.Load(Path.Combine(assets, "topics.onnx"));
var pipeline = ml.Transforms.Text.TokenizeIntoWordPieces("Tokens", Path.Combine(assets, "vocab.txt"), "Text", "Mask", "Offsets")
    .Append(ml.Transforms.Iba(new IbaEstimator.Options
    {
        OutputColumnName = "Bits",
        InputColumnName = "Tokens",
        Network = network,
        Layer = "embeddings",
        InputName = "input_ids",
        MaskInputName = "attention_mask",
        ContextColumns = new Dictionary<string, string> { ["attention_mask"] = "Mask" },
        TargetColumnName = "Topic",
        ScoresColumnName = "Scores",
        Seed = 0,
    }));
using var explainer = pipeline.Fit(prototypes);

var page = new BitsPage(
    "Which words did the classifier need?",
    "A small BERT puts sentences into ten topics. The number above a word is how many bits of it the network used for its answer: the more " +
    "bits, the deeper the shade. White words could be replaced by noise and the answer would stay. Each sentence has its own scale.");
foreach (var sentence in ml.Data.CreateEnumerable<Explained>(explainer.Transform(test), reuseRowObject: false))
{
    var words = WordBits.Join(sentence.Text, sentence.Offsets, sentence.Bits)
        .Select(word => new TextBits(word.Start, word.Length, word.Bits)).ToArray();
    var (topic, sure) = (topics[sentence.Topic], sentence.Scores[sentence.Topic]);
    Console.WriteLine($"{topic,-10} {BitsConsole.Shade(sentence.Text, words, BitsConsole.HasColor)}");
    page.AddText(topic, $"{sure:P0} sure, {words.Sum(word => word.Bits):F0} bits in {words.Length} words", sentence.Text, words);
}

string path = Path.Combine(Directory.CreateDirectory(Path.Combine("artifacts", "ExplainText")).FullName, "words.html");
page.Save(path);
Console.WriteLine($"\nThe shaded sentences are in {path}");

namespace ExplainText
{
    /// <summary>A row of sentences.csv.</summary>
    internal sealed class Sentence
    {
        [LoadColumn(0)]
        public string Split { get; set; } = "";

        [LoadColumn(1)]
        public string Label { get; set; } = "";

        [LoadColumn(2)]
        public string Text { get; set; } = "";
    }

    /// <summary>A row that comes out of the pipeline.</summary>
    internal sealed class Explained
    {
        public string Text { get; set; } = "";

        /// <summary>Start and length of each token in the text.</summary>
        public int[] Offsets { get; set; } = [];

        /// <summary>Bits per token.</summary>
        public float[] Bits { get; set; } = [];

        /// <summary>The predicted topic.</summary>
        public int Topic { get; set; }

        /// <summary>The probability of each topic.</summary>
        public float[] Scores { get; set; } = [];
    }
}
