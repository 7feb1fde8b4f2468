using Iba.Torch;
using TorchSharp;

namespace Iba.Evaluation;

/// <summary>A row that all methods explain.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Inputs">One tensor <c>[1, ...]</c> for each of the network's inputs.</param>
/// <param name="Photograph">What the network saw; null for words.</param>
/// <param name="IsObject">For each pixel, whether it is the object's; null: not known.</param>
internal sealed record EvaluatedRow(string Name, IReadOnlyList<torch.Tensor> Inputs, RgbImage? Photograph, bool[]? IsObject);
