using System.Runtime.CompilerServices;

// ML.NET keeps what a component needs to save itself internal. The compiler sees copies of these assemblies in which it is
// public (build/Publicize.targets); this attribute makes the runtime agree.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.StandardTrainers")]
