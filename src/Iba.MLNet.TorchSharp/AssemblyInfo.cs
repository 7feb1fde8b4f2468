using System.Runtime.CompilerServices;

// As in Iba.MLNet, and for what a fitted TextClassificationTransformer holds.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.TorchSharp")]
