using Iba.Torch;

namespace Iba.Extension.Tests;

/// <summary>What each value adds to the target's score, as far as the network is linear: gradient times input.</summary>
/// <param name="absolute">Whether the direction does not matter.</param>
public sealed class Contribution(bool absolute = false) : AttributionMethod
{
    public const string MethodName = "contribution";

    public override string Name => MethodName;

    public override MapUnit Unit => MapUnit.Score;

    public override bool IsSigned => !absolute;

    public override bool CutsAtInput => true;

    public static void Register() => AttributionMethods.Register(MethodName, reader => new Contribution(reader.ReadBoolean()));

    public override void Save(BinaryWriter writer) => writer.Write(absolute);

    protected override Attribution Explain(AttributionPass pass)
    {
        // One version of each row: [N, 1, ...].
        var gradient = pass.Gradient(pass.Features.unsqueeze(1)).squeeze(1);
        var (products, channels) = pass.Arrange(gradient * pass.Features);
        var map = products.sum([channels]);
        return new Attribution(pass, absolute ? map.abs() : map);
    }
}
