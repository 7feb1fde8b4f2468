namespace Iba.Torch;

/// <summary>Several methods at one cut, as one: the head, the prediction and the targets are computed once for all.</summary>
internal sealed class SeveralMethods : AttributionMethod
{
    internal const string MethodName = "several";

    private const int MostMethods = 1000;

    private readonly IReadOnlyList<AttributionMethod> _owned;

    /// <param name="methods">The methods, at least one.</param>
    /// <param name="owned">Those that are disposed with this.</param>
    public SeveralMethods(IReadOnlyList<AttributionMethod> methods, IReadOnlyList<AttributionMethod> owned) => (Methods, _owned) = (methods, owned);

    /// <summary>The methods.</summary>
    public IReadOnlyList<AttributionMethod> Methods { get; }

    /// <inheritdoc/>
    public override string Name => MethodName;

    /// <inheritdoc/>
    public override MapUnit Unit => Methods[0].Unit;

    /// <inheritdoc/>
    public override bool IsSigned => Methods[0].IsSigned;

    /// <inheritdoc/>
    public override bool CutsAtInput => Methods.All(method => method.CutsAtInput);

    /// <inheritdoc/>
    public override int VersionsPerRow => Methods.Max(method => method.VersionsPerRow);

    /// <inheritdoc/>
    public override bool CanRunInParallel => Methods.All(method => method.CanRunInParallel);

    /// <inheritdoc/>
    internal override AttributionMethod Trial
    {
        get
        {
            var trials = Methods.Select(method => method.Trial).ToArray();
            return new SeveralMethods(trials, trials.Except(Methods).ToArray());
        }
    }

    /// <summary>The methods behind one: itself, or those that it stands for.</summary>
    public static IReadOnlyList<AttributionMethod> Of(AttributionMethod method) => method is SeveralMethods several ? several.Methods : [method];

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Methods.Count);
        foreach (var method in Methods)
        {
            writer.Write(method.Name);
            method.Save(writer);
        }
    }

    internal static SeveralMethods Load(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count is < 1 or > MostMethods) throw new InvalidDataException($"{count} saved methods; expected 1 to {MostMethods}.");
        var methods = new List<AttributionMethod>();
        try
        {
            while (methods.Count < count)
            {
                string name = reader.ReadString();
                // A damaged file must not nest without end.
                if (name == MethodName) throw new InvalidDataException($"'{MethodName}' methods inside of '{MethodName}' methods.");
                methods.Add(AttributionMethods.Load(name, reader));
            }

            return new SeveralMethods(methods, methods);
        }
        catch
        {
            foreach (var method in methods) method.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override Attribution Explain(AttributionPass pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        return new SeveralAttributions(Methods.Select(method => method.ExplainToo(pass)).ToArray());
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var method in _owned) method.Dispose();
        }

        base.Dispose(disposing);
    }
}
