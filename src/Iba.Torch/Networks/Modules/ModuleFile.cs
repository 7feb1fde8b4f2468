using System.Runtime.InteropServices;
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
        NetworkFile.Write(stream, Signature, Version, writer =>
        {
            writer.Write(factory.Assembly.GetName().Name!);
            writer.Write(factory.FullName!);
            NetworkInputs.Write(writer, input);
            NetworkFile.Write(writer, output);
            nn.Module.save_state_dict(writer, module.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.cpu()));
        });
    }

    public static ModuleNetwork Read(Stream stream) => NetworkFile.Read(stream, Signature, Version, "module network", reader =>
    {
        var factory = ModuleFactories.Find(reader.ReadString(), reader.ReadString());
        var input = NetworkInputs.Read(reader);
        var output = NetworkFile.ReadOutput(reader);
        return new ModuleNetwork(ReadModule(reader, factory), input, output, factory, ownsModule: true);
    });

    private static nn.Module<Tensor, Tensor> ReadModule(BinaryReader reader, Type factory)
    {
        var module = ModuleFactories.Make(factory).Create();
        try
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            module.load(reader);
            // Buffers may hold infinities, such as masks; weights may not.
            foreach (var (name, weight) in module.named_parameters().Where(named => named.parameter.is_floating_point()))
            {
                if (weight.isfinite().all().item<bool>()) continue;
                throw new InvalidDataException($"The weight '{name}' holds NaN or infinity: the file is damaged, or its training failed.");
            }

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
