namespace Iba.Jobs;

/// <summary>How a worker gets at the rows of a source. The names are written into plans.</summary>
internal enum SourceKind
{
    /// <summary>Picture files.</summary>
    Pictures,

    /// <summary>A Parquet file.</summary>
    Parquet,

    /// <summary>A file in ML.NET's binary format.</summary>
    Binary,
}
