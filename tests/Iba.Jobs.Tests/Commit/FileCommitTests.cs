using System.Text;

namespace Iba.Jobs.Tests;

public class FileCommitTests
{
    [Fact]
    public void The_first_stays_and_the_second_is_told_whether_it_is_the_same()
    {
        using var folder = new TemporaryFolder();
        var commit = new FileCommit();

        Assert.Equal(CommitResult.Committed, commit.Publish(folder["a"], folder["shards/x.txt"], Text("one"), folder["conflicts"]));
        Assert.Equal(CommitResult.AlreadyThere, commit.Publish(folder["b"], folder["shards/x.txt"], Text("one"), folder["conflicts"]));
        Assert.Equal(CommitResult.Conflict, commit.Publish(folder["c"], folder["shards/x.txt"], Text("two"), folder["conflicts"]));
        Assert.Equal(CommitResult.Conflict, commit.Publish(folder["d"], folder["shards/x.txt"], Text("two"), folder["conflicts"]));

        Assert.Equal("one", File.ReadAllText(folder["shards/x.txt"]));
        Assert.Equal("two", File.ReadAllText(Assert.Single(Directory.GetFiles(folder["conflicts"]))));
        Assert.Equal(["conflicts", "shards"], Directory.GetFileSystemEntries(folder.Root).Select(path => Path.GetFileName(path)).Order());
    }

    [Fact]
    public void Every_new_folder_is_on_the_disk_before_what_lies_in_it()
    {
        using var folder = new TemporaryFolder();
        var store = new RecordingStore();

        new FileCommit(store).Publish(folder["a"], folder["shards/000/x.txt"], Text("one"));
        new FileCommit(store).Publish(folder["b"], folder["shards/000/y.txt"], Text("two"));

        Assert.Equal([folder.Root, folder["shards"], folder["shards/000"], folder["shards/000"]], store.Flushed);
    }

    [Fact]
    public void What_cannot_be_written_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();

        Assert.Throws<InvalidDataException>(() => new FileCommit().Publish(folder["a"], folder["shards/x.txt"], _ => throw new InvalidDataException("bad")));

        Assert.Empty(Directory.GetFiles(folder.Root, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(3000)]
    public void Of_two_threads_exactly_one_takes_a_name(int rounds)
        => Assert.Equal(rounds, Race(OperatingSystem.IsWindows() ? new WindowsCommitStore() : new UnixCommitStore(), rounds));

    // What the commit must not be built on: File.Move without overwriting looks first, and renames then, on Unix. Here both look before either renames.
    [Fact]
    public void To_look_first_and_rename_then_lets_both_win()
    {
        using var looked = new Barrier(2);
        Assert.Equal(0, Race(new LookingStore(looked), 20));
    }

    /// <summary>The number of rounds in which one of two threads, and not both, got the name.</summary>
    private static int Race(ICommitStore store, int rounds)
    {
        using var folder = new TemporaryFolder();
        using var start = new Barrier(2);
        int single = 0;
        int[] wins = new int[rounds];
        Task[] racers =
        [
            .. Enumerable.Range(0, 2).Select(racer => Task.Factory.StartNew(
                () =>
                {
                    for (int round = 0; round < rounds; round++)
                    {
                        string file = folder[$"{racer}-{round}"];
                        File.WriteAllText(file, $"{racer}");
                        start.SignalAndWait();
                        if (store.TryLink(file, folder[$"target-{round}"])) Interlocked.Increment(ref wins[round]);
                    }
                },
                TaskCreationOptions.LongRunning)),
        ];
        Task.WaitAll(racers);
        foreach (int winners in wins)
        {
            if (winners == 1) single++;
        }

        return single;
    }

    private sealed class LookingStore(Barrier looked) : ICommitStore
    {
        public bool TryLink(string file, string name)
        {
            bool exists = File.Exists(name);
            looked.SignalAndWait();
            if (!exists) File.Move(file, name, overwrite: true);
            return !exists;
        }

        public void FlushFolder(string folder)
        {
        }
    }

    private static Action<Stream> Text(string text) => stream => stream.Write(Encoding.UTF8.GetBytes(text));
}
