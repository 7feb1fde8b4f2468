namespace System.Runtime.CompilerServices;

/// <summary>The runtime knows this attribute by its name: it lets this assembly use another one's internal members.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName => assemblyName;
}
