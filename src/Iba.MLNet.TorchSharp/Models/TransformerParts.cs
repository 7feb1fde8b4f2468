using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.TorchSharp;
using static TorchSharp.torch;

namespace Iba.MLNet.TorchSharp;

/// <summary>The fields of ML.NET's fitted transformers that build/Publicize.targets leaves protected.</summary>
internal static class TransformerParts<TLabel, TTargets>
{
    public static nn.Module Module(TorchSharpBaseTransformer<TLabel, TTargets> transformer) => ModuleField(transformer);

    public static IHost Host(RowToRowTransformerBase transformer) => HostField(transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Model")]
    private static extern ref readonly nn.Module ModuleField(TorchSharpBaseTransformer<TLabel, TTargets> transformer);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Host")]
    private static extern ref readonly IHost HostField(RowToRowTransformerBase transformer);
}
