using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Transforms.Image;

namespace Iba.MLNet;

/// <summary>Copies of one input column's values for the rows of a batch.</summary>
internal abstract class BufferedColumn(int size)
{
    private readonly ExceptionDispatchInfo?[] _failures = new ExceptionDispatchInfo?[size];

    /// <summary>Whether values of a type can be copied; those of types of users' own cannot.</summary>
    public static bool CanCopy(DataViewType type) => type.IsCacheable() || type is ImageDataViewType;

    /// <summary>Copies of a column whose values can be copied.</summary>
    public static BufferedColumn Create(DataViewRow row, DataViewSchema.Column column, int size)
        => column.Type is ImageDataViewType
            ? new BufferedImageColumn(row.GetGetter<MLImage>(column), size)
            : Utils.MarshalInvoke(Create<int>, column.Type.GetItemType().RawType, row, column, size);

    /// <summary>Copies the value of the input's current row into a slot; a getter that throws will throw when the slot is read.</summary>
    public void Read(int slot)
    {
        try
        {
            _failures[slot] = null;
            Copy(slot);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            _failures[slot] = ExceptionDispatchInfo.Capture(failure);
        }
    }

    /// <summary>A <see cref="ValueGetter{TValue}"/> of the copies.</summary>
    /// <param name="slot">Gives the slot of the current row.</param>
    public abstract Delegate MakeGetter(Func<int> slot);

    /// <summary>Copies the value of the input's current row into a slot.</summary>
    protected abstract void Copy(int slot);

    /// <summary>Throws what the getter threw for a slot, if it did.</summary>
    protected void ThrowFailure(int slot) => _failures[slot]?.Throw();

    private static BufferedColumn Create<T>(DataViewRow row, DataViewSchema.Column column, int size)
        => column.Type is VectorDataViewType
            ? new BufferedVectorColumn<T>(row.GetGetter<VBuffer<T>>(column), size)
            : new BufferedColumn<T>(row.GetGetter<T>(column), size);
}

/// <summary>Copies of scalars, which assignment copies.</summary>
internal class BufferedColumn<T>(ValueGetter<T> getter, int size) : BufferedColumn(size)
{
    private readonly T[] _values = new T[size];

    public void Get(int slot, ref T value)
    {
        ThrowFailure(slot);
        Assign(in _values[slot], ref value);
    }

    public override Delegate MakeGetter(Func<int> slot)
    {
        ValueGetter<T> copy = (ref T value) => Get(slot(), ref value);
        return copy;
    }

    protected override void Copy(int slot) => getter(ref _values[slot]);

    protected virtual void Assign(in T source, ref T value) => value = source;
}
