namespace Iba.MLNet;

/// <summary>A step that turns texts into tokens.</summary>
internal interface ITokenStep
{
    /// <summary>Which text it reads, and what it writes where.</summary>
    TokenColumns Columns { get; }

    /// <summary>What turns a text into tokens.</summary>
    ITokenEncoder Encoder { get; }
}
