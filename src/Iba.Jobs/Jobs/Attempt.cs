namespace Iba.Jobs;

/// <summary>A shard that this process tries. Its file is there from before the first row until the end; if the process dies, it stays.</summary>
internal sealed class Attempt
{
    private readonly JobFolder _folder;
    private readonly string _path;
    private readonly Lock _lock = new();
    private WorkerRecord _record = WorkerRecord.Current;
    private bool _ended;

    public Attempt(JobFolder folder, string path)
    {
        (_folder, _path) = (folder, path);
        folder.Replace(path, _record.ToBytes());
    }

    /// <summary>Says that a row is tried by itself.</summary>
    public void At(long row)
    {
        _record = _record with { Row = row };
        Renew();
    }

    /// <summary>Gives a sign of life.</summary>
    public void Renew()
    {
        lock (_lock)
        {
            if (!_ended) _folder.Replace(_path, _record.ToBytes());
        }
    }

    /// <summary>Says that the process is done with the shard, and alive.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            File.Delete(_path);
        }
    }
}
