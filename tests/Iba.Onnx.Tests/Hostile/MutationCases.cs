using System.Diagnostics;
using System.Globalization;

namespace Iba.Onnx.Tests;

/// <summary>
/// Numbers of cases, each the seed of its changes. Where one crashes the process, the file <c>iba-NAME-mutation.txt</c> in the temporary folder
/// holds its number, and <c>IBA_MUTATION=number</c> runs from there; <c>IBA_MUTATION_SECONDS=seconds</c> runs for that time instead of a number of
/// cases.
/// </summary>
internal sealed class MutationCases : IDisposable
{
    private readonly int _first, _end;
    private readonly double? _seconds;
    private readonly StreamWriter _progress;
    private int _run;

    /// <param name="name">What is changed, as it is called in the file's name.</param>
    /// <param name="first">The first number.</param>
    /// <param name="end">The number after the last.</param>
    public MutationCases(string name, int first, int end)
    {
        _first = Environment.GetEnvironmentVariable("IBA_MUTATION") is { } number ? int.Parse(number, CultureInfo.InvariantCulture) : first;
        _seconds = Environment.GetEnvironmentVariable("IBA_MUTATION_SECONDS") is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : null;
        _end = _first + end - first;
        AreAll = _first == first && _seconds == null;
        _progress = new StreamWriter(Path.Combine(Path.GetTempPath(), $"iba-{name}-mutation.txt")) { AutoFlush = true };
    }

    /// <summary>Whether these are the cases that every run has.</summary>
    public bool AreAll { get; }

    public IEnumerable<int> Run()
    {
        var watch = Stopwatch.StartNew();
        for (int i = _first; _seconds is { } seconds ? watch.Elapsed.TotalSeconds < seconds : i < _end; i++, _run++)
        {
            _progress.BaseStream.Position = 0;
            _progress.WriteLine(i);
            yield return i;
        }
    }

    /// <summary>Writes what came out behind the last number.</summary>
    public void Report(string figures) => _progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_run} cases from {_first}: {figures}"));

    public void Dispose() => _progress.Dispose();

    /// <summary>One to four changes: bits flipped, bytes set to extremes, pieces cut out, doubled or moved.</summary>
    public static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (int change = random.Next(1, 5); change > 0 && bytes.Count > 1; change--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 9), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0 or 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes[at] = random.Next(2) == 0 ? (byte)0xff : (byte)0;
                    break;
                case 4:
                    bytes.RemoveRange(at, length);
                    break;
                case 5:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                default:
                    // The wire format's largest number.
                    bytes.InsertRange(at, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
                    break;
            }
        }

        return bytes.ToArray();
    }
}
