namespace Iba.MLNet;

/// <summary>What a column of a step that turns texts into tokens holds.</summary>
internal enum TokenContent
{
    /// <summary>Token ids.</summary>
    Ids,

    /// <summary>The attention mask.</summary>
    Mask,

    /// <summary>Start and length of each token in the original text.</summary>
    Offsets,

    /// <summary>Token types.</summary>
    Types,
}
