using Iba.Jobs.Tests;
using Iba.MLNet.Tests;
using static Iba.Onnx.Schema.TensorProto.Types;

namespace Iba.Cli.Tests;

/// <summary>A folder with small photographs, a small network and an explainer of it; made once for all tests of a class.</summary>
public sealed class Photographs : IDisposable
{
    public static readonly string[] Names = ["a.png", "b c.png", "ü/d.png", "e.png", "f.png", "g.png", "h.png", "i.png", "j.png"];

    private readonly TemporaryFolder _folder = new();

    public Photographs()
    {
        PixelExplainer.WritePhotos(Folder, Names);
        PixelExplainer.SaveForPaths(Zip, Folder);
        using (var network = PixelModel.Load(DataType.Float, [3, 16, 16]))
        using (var stream = File.Create(Network)) network.Save(stream);
        File.WriteAllLines(Classes, PixelExplainer.Classes);
    }

    /// <summary>The photographs.</summary>
    public string Folder => _folder["photos"];

    /// <summary>The explainer.</summary>
    public string Zip => _folder["explainer.zip"];

    /// <summary>The network.</summary>
    public string Network => _folder["network.onnx"];

    /// <summary>The names of its classes.</summary>
    public string Classes => _folder["classes.txt"];

    /// <summary>A path beside them.</summary>
    public string this[string name] => _folder[name];

    public void Dispose() => _folder.Dispose();
}
