using System.IO.Compression;

namespace Iba.Cli.Tests;

/// <summary>Files with networks that are no ONNX files.</summary>
public class NetworkTests(Photographs photographs) : IClassFixture<Photographs>
{
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "sequence.pt");

    [Fact]
    [Trait("Speed", "Slow")]
    public void TorchScript_is_measured_and_explained_and_its_workers_trust_it()
    {
        string job = photographs["job of script"], zip = photographs["script.zip"];
        string[] network = ["--network", Script, "--input-shape", "3,12,12", "--layer", "stem", "--preprocessing", "raw"];
        using var tool = new ToolProcess(ToolProcess.Tool, [], ["explain", photographs.Folder, .. network, "--output", job, "--no-report", "--json"]);

        var typed = tool.Wait();

        Assert.Equal((ExitCode.Success, 9, 0), (typed.Code, (int)typed.Result["rows"]!, (int)typed.Result["failures"]!));
        Assert.Equal(ExitCode.Success, Typed.Run(["fit", photographs.Folder, .. network, "--output", zip]).Code);
        using var distrustful = new ToolProcess(ToolProcess.Tool, [], "info", zip);
        var refused = distrustful.Wait();
        Assert.Equal(ExitCode.Failure, refused.Code);
        Assert.Contains("If you trust whoever made the file, add --allow-torchscript.", refused.Error, StringComparison.Ordinal);
        using var trustful = new ToolProcess(ToolProcess.Tool, [], "info", zip, "--allow-torchscript", "--json");
        Assert.Equal("stem", (string)trustful.Wait().Result["provenance"]!["layer"]!);
    }

    [Fact]
    public void Layers_of_TorchScript_are_listed_where_its_input_is_said()
    {
        Assert.Contains(Typed.Run("layers", Script, "--input-shape", "3,12,12", "--json").Result["layers"]!.AsArray(), layer => (string)layer!["name"]! == "stem");
        var unsaid = Typed.Run("layers", Script);
        Assert.Equal(ExitCode.Usage, unsaid.Code);
        Assert.Contains("add --input-shape, such as 3,224,224", unsaid.Error, StringComparison.Ordinal);
        Assert.Equal("torchscript", (string)Typed.Run("info", Script, "--json").Result["format"]!);
        Assert.Equal(ExitCode.Usage, Typed.Run("layers", photographs.Network, "--input-shape", "3,16,16").Code);
    }

    [Fact]
    public void Files_of_other_kinds_are_refused_with_the_kinds_that_work()
    {
        File.WriteAllText(photographs["text.h5"], "no network at all");
        File.WriteAllText(photographs["empty.pt"], "");
        using (var weights = ZipFile.Open(photographs["weights.pth"], ZipArchiveMode.Create)) weights.CreateEntry("weights/data.pkl");

        Assert.Contains("it is none of ONNX (.onnx), TorchScript (.pt of torch.jit.save)", Refusal("text.h5"), StringComparison.Ordinal);
        Assert.Contains("it is none of ONNX", Refusal("empty.pt"), StringComparison.Ordinal);
        Assert.Contains("holds weights that torch.save wrote", Refusal("weights.pth"), StringComparison.Ordinal);
        Assert.Contains("an explainer's goes with --model. Networks are ONNX", Refusal("explainer.zip"), StringComparison.Ordinal);
        Assert.Contains("is a folder", Refusal("photos"), StringComparison.Ordinal);

        string Refusal(string file)
        {
            var typed = Typed.Run("layers", photographs[file]);
            Assert.Equal(ExitCode.Failure, typed.Code);
            return typed.Error;
        }
    }
}
