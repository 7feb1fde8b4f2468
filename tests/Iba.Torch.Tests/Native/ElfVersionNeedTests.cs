using System.Buffers.Binary;
using System.Text;

namespace Iba.Torch.Tests;

public class ElfVersionNeedTests
{
    private static readonly string[][] Needs = [["GLIBC_2.2.5", "GLIBC_2.34"], ["GLIBCXX_3.4", "GLIBCXX_3.4.3", "GLIBCXX_3.4.32"]];

    [Fact]
    public void Only_the_weak_flag_of_that_version_is_set()
    {
        byte[] before = Elf(), after = Elf();

        Assert.True(ElfVersionNeed.MakeWeak(after, "GLIBCXX_3.4.32"));

        int changed = Assert.Single(Enumerable.Range(0, before.Length), i => before[i] != after[i]);
        Assert.Equal(FlagsOf("GLIBCXX_3.4.32"), changed);
        Assert.Equal(2, before[changed] ^ after[changed]);
    }

    [Fact]
    public void Doing_it_twice_changes_nothing_more()
    {
        byte[] once = Elf();
        ElfVersionNeed.MakeWeak(once, "GLIBCXX_3.4.32");
        byte[] twice = [.. once];

        Assert.True(ElfVersionNeed.MakeWeak(twice, "GLIBCXX_3.4.32"));

        Assert.Equal(once, twice);
    }

    [Theory]
    [InlineData("GLIBCXX_3.4.30")]
    [InlineData("GLIBCXX_3.4.")]
    [InlineData("")]
    public void A_version_that_is_not_needed_leaves_the_file_as_it_is(string version)
    {
        byte[] elf = Elf();

        Assert.False(ElfVersionNeed.MakeWeak(elf, version));
        Assert.Equal(Elf(), elf);
    }

    [Fact]
    public void A_file_that_is_cut_off_is_refused_wherever_the_cut_lies()
    {
        byte[] whole = Elf();
        // The last 16 bytes are the names; a cut inside them may leave the version unknown.
        for (int length = 0; length < whole.Length - 16; length++)
        {
            byte[] cut = whole[..length];
            Assert.Throws<InvalidDataException>(() => ElfVersionNeed.MakeWeak(cut, "GLIBCXX_3.4.32"));
        }
    }

    [Fact]
    public void Another_kind_of_file_is_refused()
        => Assert.Throws<InvalidDataException>(() => ElfVersionNeed.MakeWeak(Encoding.ASCII.GetBytes(new string('x', 200)), "GLIBCXX_3.4.32"));

    /// <summary>A smallest ELF file: header, three section headers, the version needs, and their names at the end.</summary>
    private static byte[] Elf() => Build().File;

    private static int FlagsOf(string version) => Build().Flags[version];

    private static (byte[] File, Dictionary<string, int> Flags) Build()
    {
        const int sections = 64, sectionSize = 64, needs = sections + (3 * sectionSize);
        int names = needs + (Needs.Length * 16) + (Needs.Sum(list => list.Length) * 16);
        byte[] text = Encoding.ASCII.GetBytes("\0" + string.Concat(Needs.SelectMany(list => list).Select(name => name + "\0")));
        byte[] file = new byte[names + text.Length];
        "\u007fELF\u0002\u0001"u8.CopyTo(file);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(0x28), sections);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3a), sectionSize);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x3c), 3);
        WriteSection(1, 0x6ffffffe, needs, link: 2);
        WriteSection(2, 3, names, link: 0);
        text.CopyTo(file, names);

        var flags = new Dictionary<string, int>();
        int at = needs, name = 1;
        for (int i = 0; i < Needs.Length; i++)
        {
            int size = 16 + (Needs[i].Length * 16);
            BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), 1);
            BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at + 2), (ushort)Needs[i].Length);
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at + 8), 16);
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at + 12), i == Needs.Length - 1 ? 0 : size);
            for (int k = 0; k < Needs[i].Length; k++)
            {
                int entry = at + 16 + (k * 16);
                flags[Needs[i][k]] = entry + 4;
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(entry + 8), name);
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(entry + 12), k == Needs[i].Length - 1 ? 0 : 16);
                name += Needs[i][k].Length + 1;
            }

            at += size;
        }

        return (file, flags);

        void WriteSection(int index, uint type, int offset, int link)
        {
            var section = file.AsSpan(sections + (index * sectionSize));
            BinaryPrimitives.WriteUInt32LittleEndian(section[4..], type);
            BinaryPrimitives.WriteInt64LittleEndian(section[24..], offset);
            BinaryPrimitives.WriteInt32LittleEndian(section[40..], link);
        }
    }
}
