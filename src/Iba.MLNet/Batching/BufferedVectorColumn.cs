using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet;

/// <summary>Copies of vectors, whose buffers are shared by plain assignment and so have to be copied.</summary>
internal sealed class BufferedVectorColumn<T>(ValueGetter<VBuffer<T>> getter, int size) : BufferedColumn<VBuffer<T>>(getter, size)
{
    protected override void Assign(in VBuffer<T> source, ref VBuffer<T> value) => source.CopyTo(ref value);
}
