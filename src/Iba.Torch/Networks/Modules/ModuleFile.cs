using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace Iba.Torch;

/// <summary>The saved form of a <see cref="ModuleNetwork"/>.</summary>
/// <remarks>
/// *** Binary format (version 1) ***
/// string: "iba-module"
/// int32: version
/// string: the factory's assembly (simple name); string: the factory's type (full name)
/// int32: the input's element type; int32: number of dimensions; int64 each: the dimensions, batch first
/// int32: output kind
/// the module's state in TorchSharp's own format
/// </remarks>
internal static class ModuleFile
{
    private const string Signature = "iba-module";
    private const int Version = 1;

    public static void Write(Stream stream, nn.Module module, Type factory, NetworkInput input, OutputKind output)
    {
        CheckFactory(module, factory);
        using var scope = NewDisposeScope();
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Signature);
        writer.Write(Version);
        writer.Write(factory.Assembly.GetName().Name!);
        writer.Write(factory.FullName!);
        NetworkInputs.Write(writer, input);
        writer.Write((int)output);
        nn.Module.save_state_dict(writer, module.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.cpu()));
    }

    public static ModuleNetwork Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (reader.ReadString() != Signature) throw new InvalidDataException("This is no saved module network.");
            int version = reader.ReadInt32();
            if (version is < 1 or > Version)
            {
                throw new InvalidDataException($"The module network was saved in format {version}; this version of Iba.Torch reads up to {Version}: update it.");
            }

            var factory = ModuleFactories.Find(reader.ReadString(), reader.ReadString());
            var input = NetworkInputs.Read(reader);
            var output = (OutputKind)reader.ReadInt32();
            if (!Enum.IsDefined(output)) throw new InvalidDataException("The saved output kind is damaged.");
            return new ModuleNetwork(ReadModule(reader, factory), input, output, factory, ownsModule: true);
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException("The saved module network is cut off or damaged.", exception);
        }
    }

    private static nn.Module<Tensor, Tensor> ReadModule(BinaryReader reader, Type factory)
    {
        var module = ModuleFactories.Make(factory).Create();
        try
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            module.load(reader);
            return module;
        }
        catch (Exception exception) when (exception is ArgumentException or ExternalException)
        {
            module.Dispose();
            throw new InvalidOperationException(
                $"The weights do not fit the module that '{factory.FullName}' builds: the factory changed since the network was saved. " +
                NativeError.FirstLine(exception),
                exception);
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    /// <summary>A factory of another module is found out when the network is saved, not when it is loaded.</summary>
    private static void CheckFactory(nn.Module module, Type factory)
    {
        using var scope = NewDisposeScope();
        using var made = ModuleFactories.Make(factory).Create();
        var expected = made.state_dict();
        var actual = module.state_dict();
        string? wrong = actual.Keys.Union(expected.Keys).FirstOrDefault(
            name => !actual.TryGetValue(name, out var one) || !expected.TryGetValue(name, out var other)
                || one.dtype != other.dtype || !one.shape.SequenceEqual(other.shape));
        if (wrong is not null)
        {
            throw new InvalidOperationException(
                $"'{factory.FullName}' builds another module than the one to save: they differ at '{wrong}'. Name the factory that built it.");
        }
    }
}
