namespace Iba.Onnx;

/// <summary>What a node is to a graph that computes in bfloat16 where that is faster.</summary>
internal enum BFloat16Use
{
    /// <summary>It takes and gives what the graph's own type is.</summary>
    None,

    /// <summary>It is as good on values that are bfloat16 already, and is not worth a cast.</summary>
    Follows,

    /// <summary>It is faster in bfloat16, casts included.</summary>
    Computes,
}
