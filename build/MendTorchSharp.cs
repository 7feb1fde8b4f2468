// Compiled by MSBuild (RoslynCodeTaskFactory, netstandard2.0): it needs no package.
// Iba.Torch does the same at run time (Native/ElfVersionNeed.cs), for files that this build never saw.
using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes a copy of TorchSharp's native library that also loads where libstdc++ is older than the one it was linked with
/// (Debian 12, Ubuntu 22.04). The library names symbol version GLIBCXX_3.4.32 but uses nothing of it; the copy marks
/// that need as weak. The source file, in the NuGet cache, is never touched.
/// </summary>
public class MendTorchSharp : Task
{
    private const uint VersionNeedSection = 0x6ffffffe; // SHT_GNU_verneed
    private const byte Weak = 2;                        // VER_FLG_WEAK

    [Required] public string Source { get; set; }

    [Required] public string Destination { get; set; }

    [Required] public string Version { get; set; }

    public override bool Execute()
    {
        byte[] library = File.ReadAllBytes(Source);
        if (!MakeWeak(library)) Log.LogMessage("{0} does not need {1}: copied as it is.", Source, Version);
        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        string aside = Destination + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(aside, library);
        File.Delete(Destination);
        File.Move(aside, Destination);
        return true;
    }

    private bool MakeWeak(byte[] elf)
    {
        // ELF64, little-endian; sections, then Verneed entries, each with its list of Vernaux entries.
        int sections = (int)BitConverter.ToInt64(elf, 0x28);
        int size = BitConverter.ToUInt16(elf, 0x3a), count = BitConverter.ToUInt16(elf, 0x3c);
        for (int i = 0; i < count; i++)
        {
            int section = sections + (i * size);
            if (BitConverter.ToUInt32(elf, section + 4) != VersionNeedSection) continue;
            int names = (int)BitConverter.ToInt64(elf, sections + (BitConverter.ToInt32(elf, section + 40) * size) + 24);
            int next = -1;
            for (int need = (int)BitConverter.ToInt64(elf, section + 24); next != 0; need += next)
            {
                int versions = BitConverter.ToUInt16(elf, need + 2), version = need + BitConverter.ToInt32(elf, need + 8);
                for (int k = 0; k < versions; k++)
                {
                    int name = names + BitConverter.ToInt32(elf, version + 8), end = Array.IndexOf(elf, (byte)0, name);
                    if (Encoding.ASCII.GetString(elf, name, end - name) == Version)
                    {
                        elf[version + 4] |= Weak;
                        return true;
                    }

                    version += BitConverter.ToInt32(elf, version + 12);
                }

                next = BitConverter.ToInt32(elf, need + 12);
            }
        }

        return false;
    }
}
