using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Iba.MLNet.Tests;

/// <summary>The members of ML.NET that an assembly uses.</summary>
internal static class InternalMembers
{
    /// <summary>Checks that all of them exist in the version that is loaded.</summary>
    /// <returns>How many there are.</returns>
    public static int AssertExist(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var metadata = file.GetMetadataReader();
        int members = 0;
        foreach (var handle in metadata.MemberReferences)
        {
            if (!IsInMachineLearning(metadata, metadata.GetMemberReference(handle).Parent)) continue;
            Assert.NotNull(Resolve(assembly.ManifestModule, MetadataTokens.GetToken(handle)));
            members++;
        }

        foreach (var handle in metadata.TypeReferences)
        {
            if (IsInMachineLearning(metadata, handle)) Assert.NotNull(assembly.ManifestModule.ResolveType(MetadataTokens.GetToken(handle)));
        }

        return members;
    }

    // Type parameters stand for numbers or for objects.
    private static MemberInfo? Resolve(Module module, int token)
    {
        try
        {
            return module.ResolveMember(token, [typeof(int), typeof(int)], [typeof(int)]);
        }
        catch (Exception failure) when (failure is TypeLoadException or ArgumentException)
        {
            return module.ResolveMember(token, [typeof(object), typeof(object)], [typeof(object)]);
        }
    }

    private static bool IsInMachineLearning(MetadataReader metadata, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeSpecification) return !IsOurs(metadata, (TypeSpecificationHandle)parent); // Of any other assembly: checked all the same.
        if (parent.Kind != HandleKind.TypeReference) return false;
        var scope = metadata.GetTypeReference((TypeReferenceHandle)parent).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.AssemblyReference => metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name)
                .StartsWith("Microsoft.ML", StringComparison.Ordinal),
            HandleKind.TypeReference => IsInMachineLearning(metadata, scope),
            _ => false,
        };
    }

    // Our own generic types may ask more of their arguments than a number gives.
    private static bool IsOurs(MetadataReader metadata, TypeSpecificationHandle handle)
    {
        var signature = metadata.GetBlobReader(metadata.GetTypeSpecification(handle).Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance) return false;
        signature.ReadCompressedInteger(); // class or value type
        return signature.ReadTypeHandle().Kind == HandleKind.TypeDefinition;
    }
}
