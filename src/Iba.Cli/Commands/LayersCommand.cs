using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace Iba.Cli;

/// <summary><c>iba layers</c>: where a network can be cut.</summary>
internal static class LayersCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var path = new Argument<string>("network") { Description = "A network, ONNX or TorchScript." };
        var shape = SharedOptions.InputShape();
        var size = SharedOptions.Whole("--size", "Side of the pictures, where the network leaves it open. Default: 224.", least: 1);
        var command = new ExampleCommand("layers", "Lists the layers of a network, with shapes, costs, and the one that is taken where none is named.", surroundings)
        {
            Examples =
            [
                ("iba layers resnet50.onnx", "Cost: the share of the multiplications up to there. The tail behind the layer runs some hundred times a row."),
                ("iba layers fully-convolutional.onnx --size 512", "For pictures of 512 x 512."),
                ("iba layers sequence.pt --input-shape 3,224,224", "TorchScript, whose files do not say what they take."),
            ],
        };
        command.Add(path);
        command.Add(size);
        command.Add(shape);
        command.Does((parsed, reporter) =>
        {
            var listing = LayerListing.Of(new NetworkChoice { Network = parsed.GetValue(path)!, InputShape = parsed.GetValue(shape) }, parsed.GetValue(size), reporter);
            var table = new Table().RoundedBorder()
                .AddColumn("Layer", column => column.NoWrap()).AddColumn("Shape", column => column.NoWrap()).AddColumn("Cost up to it", column => column.RightAligned())
                .AddColumn("After ReLU").AddColumn("Advice");
            foreach (var layer in listing.Layers)
            {
                table.AddRow(
                    Markup.Escape(layer.Name), Markup.Escape($"[{string.Join(", ", layer.Shape.Skip(1))}]"), layer.CostShare.ToString("P1", CultureInfo.InvariantCulture),
                    layer.AfterRelu ? "yes" : "", layer.Name == listing.Advised ? "taken where none is named" : "");
            }

            string advice = listing.Advised == null ? $"No advice: {listing.Reason}"
                : $"Advice: '{listing.Advised}', {listing.Reason}. Earlier layers give sharper maps, later ones coarser and faster ones.";
            reporter.Table(new { listing.Layers, listing.Advised, listing.Reason }, table, advice);
            return ExitCode.Success;
        });
        return command;
    }
}
