using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;

namespace Iba.MLNet;

/// <summary>Copies of one input column's values for the rows of a batch.</summary>
internal abstract class BufferedColumn
{
    /// <summary>Copies the value of the input's current row into a slot; a getter that throws will throw when the slot is read.</summary>
    public abstract void Read(int slot);

    public abstract Delegate MakeGetter(Func<int> slot);

    public static BufferedColumn Create(DataViewRow row, DataViewSchema.Column column, int size)
        => Utils.MarshalInvoke(Create<int>, column.Type.GetItemType().RawType, row, column, size);

    private static BufferedColumn Create<T>(DataViewRow row, DataViewSchema.Column column, int size)
        => column.Type is VectorDataViewType
            ? new BufferedVectorColumn<T>(row.GetGetter<VBuffer<T>>(column), size)
            : new BufferedColumn<T>(row.GetGetter<T>(column), size);
}

/// <summary>Copies of scalars, which assignment copies.</summary>
internal class BufferedColumn<T>(ValueGetter<T> getter, int size) : BufferedColumn
{
    private readonly T[] _values = new T[size];
    private readonly ExceptionDispatchInfo?[] _failures = new ExceptionDispatchInfo?[size];

    public override void Read(int slot)
    {
        try
        {
            _failures[slot] = null;
            getter(ref _values[slot]);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            _failures[slot] = ExceptionDispatchInfo.Capture(failure);
        }
    }

    public void Get(int slot, ref T value)
    {
        _failures[slot]?.Throw();
        Copy(in _values[slot], ref value);
    }

    public override Delegate MakeGetter(Func<int> slot)
    {
        ValueGetter<T> copy = (ref T value) => Get(slot(), ref value);
        return copy;
    }

    protected virtual void Copy(in T source, ref T value) => value = source;
}
