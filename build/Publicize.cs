// Compiled by MSBuild (RoslynCodeTaskFactory, netstandard2.0, C# without nullable): it needs no package.
using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes copies of assemblies, for the compiler's eyes only, in which internal types and members are public and
/// "private protected" members are protected. Only visibility bits in the metadata tables change (ECMA-335, II.22-II.24).
/// </summary>
public class Publicize : Task
{
    private const int TypeDef = 0x02, Field = 0x04, MethodDef = 0x06, Param = 0x08;

    [Required] public ITaskItem[] Assemblies { get; set; }

    [Required] public string OutputDirectory { get; set; }

    public override bool Execute()
    {
        Directory.CreateDirectory(OutputDirectory);
        foreach (ITaskItem assembly in Assemblies)
        {
            byte[] image = File.ReadAllBytes(assembly.ItemSpec);
            int changed = new Metadata(image).Publicize();
            if (changed == 0)
            {
                Log.LogError("Publicize found nothing to change in {0}.", assembly.ItemSpec);
                return false;
            }

            // Several builds may do this at once: write aside, then move.
            string target = Path.Combine(OutputDirectory, Path.GetFileName(assembly.ItemSpec));
            string aside = target + "." + Guid.NewGuid().ToString("N");
            File.WriteAllBytes(aside, image);
            File.Delete(target);
            File.Move(aside, target);
            Log.LogMessage("Publicize: {0} ({1} flags)", target, changed);
        }

        return true;
    }

    /// <summary>The tables of one assembly's metadata.</summary>
    private sealed class Metadata
    {
        private readonly byte[] _image;
        private readonly int[] _rows = new int[64];
        private readonly int _strings, _stringIndex, _guidIndex, _blobIndex, _firstTable;

        public Metadata(byte[] image)
        {
            _image = image;
            int peHeader = Int32(0x3c), optionalHeader = peHeader + 24;
            int cliDirectory = optionalHeader + (UInt16(optionalHeader) == 0x20b ? 112 : 96) + (14 * 8);
            int root = FileOffset(Int32(FileOffset(Int32(cliDirectory)) + 8));

            int tables = 0, at = root + 16 + Int32(root + 12), streams = UInt16(at + 2);
            at += 4;
            for (int i = 0; i < streams; i++)
            {
                int end = Array.IndexOf(image, (byte)0, at + 8);
                string name = Encoding.ASCII.GetString(image, at + 8, end - at - 8);
                if (name == "#~") tables = root + Int32(at);
                if (name == "#Strings") _strings = root + Int32(at);
                at += 8 + ((((end - at - 8) / 4) + 1) * 4);
            }

            int heapSizes = image[tables + 6];
            _stringIndex = (heapSizes & 1) != 0 ? 4 : 2;
            _guidIndex = (heapSizes & 2) != 0 ? 4 : 2;
            _blobIndex = (heapSizes & 4) != 0 ? 4 : 2;
            ulong present = BitConverter.ToUInt64(image, tables + 8);
            at = tables + 24;
            for (int table = 0; table < 64; table++)
            {
                if ((present >> table & 1) == 0) continue;
                _rows[table] = Int32(at);
                at += 4;
            }

            if (_rows[0x03] != 0 || _rows[0x05] != 0) throw new BadImageFormatException("The metadata is not compressed.");
            _firstTable = at;
        }

        public int Publicize()
        {
            int module = 2 + _stringIndex + (3 * _guidIndex);
            int typeRef = CodedIndex(2, 0x00, 0x1a, 0x23, 0x01) + (2 * _stringIndex);
            int typeDef = 4 + (2 * _stringIndex) + CodedIndex(2, 0x02, 0x01, 0x1b) + TableIndex(Field) + TableIndex(MethodDef);
            int field = 2 + _stringIndex + _blobIndex;
            int method = 8 + _stringIndex + _blobIndex + TableIndex(Param);

            int types = _firstTable + (_rows[0x00] * module) + (_rows[0x01] * typeRef);
            int fields = types + (_rows[TypeDef] * typeDef);
            int methods = fields + (_rows[Field] * field);
            return PublicizeTypes(types, typeDef)
                + PublicizeMembers(fields, _rows[Field], field, flagsAt: 0)
                + PublicizeMembers(methods, _rows[MethodDef], method, flagsAt: 6);
        }

        private int PublicizeTypes(int start, int size)
        {
            int changed = 0;
            for (int row = 0, at = start; row < _rows[TypeDef]; row++, at += size)
            {
                int nameSpace = at + 4 + _stringIndex;
                int text = _strings + (_stringIndex == 4 ? Int32(nameSpace) : UInt16(nameSpace));
                // Polyfills stay internal: made public they would clash with the framework's own types.
                bool polyfill = StartsWith(text, "System") || StartsWith(text, "Microsoft.CodeAnalysis");
                int old = _image[at] & 7, visibility = old;
                if (old == 0 && !polyfill) visibility = 1;         // internal -> public
                else if (old == 5 || old == 7) visibility = 2;     // nested internal, protected internal -> nested public
                else if (old == 6) visibility = 4;                 // nested private protected -> nested protected
                changed += Set(at, visibility);
            }

            return changed;
        }

        private int PublicizeMembers(int start, int rows, int size, int flagsAt)
        {
            int changed = 0;
            for (int row = 0, at = start + flagsAt; row < rows; row++, at += size)
            {
                int old = _image[at] & 7;
                changed += Set(at, old == 3 ? 6 : old == 2 ? 4 : old); // internal -> public, private protected -> protected
            }

            return changed;
        }

        private int Set(int at, int visibility)
        {
            if ((_image[at] & 7) == visibility) return 0;
            _image[at] = (byte)(_image[at] & ~7 | visibility);
            return 1;
        }

        private int FileOffset(int address)
        {
            int peHeader = Int32(0x3c), sections = UInt16(peHeader + 6), at = peHeader + 24 + UInt16(peHeader + 20);
            for (int i = 0; i < sections; i++, at += 40)
            {
                int from = Int32(at + 12), length = Math.Max(Int32(at + 8), Int32(at + 16));
                if (address >= from && address < from + length) return address - from + Int32(at + 20);
            }

            throw new BadImageFormatException("An address lies in no section.");
        }

        private int TableIndex(int table) { return _rows[table] > 0xffff ? 4 : 2; }

        private int CodedIndex(int tagBits, params int[] tables)
        {
            foreach (int table in tables)
            {
                if (_rows[table] >= 1 << (16 - tagBits)) return 4;
            }

            return 2;
        }

        private bool StartsWith(int at, string text)
        {
            for (int i = 0; i < text.Length; i++)
            {
                if (_image[at + i] != text[i]) return false;
            }

            return true;
        }

        private int Int32(int at) { return BitConverter.ToInt32(_image, at); }

        private int UInt16(int at) { return BitConverter.ToUInt16(_image, at); }
    }
}
