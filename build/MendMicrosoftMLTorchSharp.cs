// Compiled by MSBuild (RoslynCodeTaskFactory, netstandard2.0, C# without nullable): it needs no package.
using System;
using System.Collections.Generic;
using System.IO;
using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

/// <summary>
/// Writes a copy of Microsoft.ML.TorchSharp.dll 0.23.1 whose networks keep their weights. It was built for TorchSharp 0.102 and says
/// "using var result = nn.init.xavier_uniform_(weight)", as for three other initialisers; since TorchSharp 0.104 the result is the weight itself,
/// so that every network of the package is without weights. In the copy the four calls of Dispose (5 bytes) are pop and nops (5 bytes): nothing
/// moves. The source file, in the NuGet cache, is never touched. Its strong name's signature no longer fits, which .NET does not check.
/// </summary>
public class MendMicrosoftMLTorchSharp : Task
{
    private const int Places = 4;
    private const byte Pop = 0x26, Nop = 0x00, CallVirtual = 0x6F;

    [Required] public string Source { get; set; }

    [Required] public string Destination { get; set; }

    public override bool Execute()
    {
        byte[] image = File.ReadAllBytes(Source);
        List<int> calls = Find(image);
        if (calls.Count != Places)
        {
            Log.LogError("Expected {0} places to mend in {1}, found {2}: it is another version than 0.23.1, or was changed.", Places, Source, calls.Count);
            return false;
        }

        foreach (int call in calls)
        {
            image[call] = Pop;
            for (int i = 1; i < 5; i++) image[call + i] = Nop;
        }

        // Several builds may do this at once: write aside, then move.
        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        string aside = Destination + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(aside, image);
        File.Delete(Destination);
        File.Move(aside, Destination);
        return true;
    }

    /// <summary>
    /// Where the calls of Dispose are in methods of this body alone: the arguments (ldarg.0 and up to two more, ldnull), call, stloc.0, leave.s;
    /// ldloc.0, brfalse.s, ldloc.0, callvirt, endfinally; ret.
    /// </summary>
    private static List<int> Find(byte[] image)
    {
        var calls = new List<int>();
        for (int start = 0; start + 24 < image.Length; start++)
        {
            if (image[start] != 0x02) continue;
            int at = start + 1;
            foreach (byte argument in new byte[] { 0x03, 0x04, 0x14 })
            {
                if (image[at] == argument) at++;
            }

            // A call of another assembly's method has a token of table 0x0A.
            if (image[at] == 0x28 && image[at + 4] == 0x0A && Has(image, at + 5, 0x0A, 0xDE, 0x0A, 0x06, 0x2C, 0x06, 0x06, CallVirtual)
                && image[at + 16] == 0x0A && Has(image, at + 17, 0xDC, 0x2A))
            {
                calls.Add(at + 12);
            }
        }

        return calls;
    }

    private static bool Has(byte[] image, int at, params byte[] expected)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (image[at + i] != expected[i]) return false;
        }

        return true;
    }
}
