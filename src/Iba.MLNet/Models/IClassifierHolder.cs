using Microsoft.ML;

namespace Iba.MLNet;

/// <summary>A step of a pipeline that explains: it holds a classifier's network itself, or the model that has one.</summary>
internal interface IClassifierHolder
{
    /// <summary>The model that runs before the step, within it; null: there is none.</summary>
    ITransformer? InnerModel { get; }

    /// <summary>The names of the columns that the step itself adds.</summary>
    IEnumerable<string> AddedColumns { get; }

    /// <summary>The classifier that the step itself holds; null: it is <see cref="InnerModel"/>'s.</summary>
    ModelClassifier? OwnClassifier { get; }
}
