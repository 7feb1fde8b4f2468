using System.Reflection;
using System.Reflection.Emit;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Iba.MLNet.Tests;

public class OptionalPackagesTests
{
    [Fact]
    public void A_step_that_only_a_package_reads_is_told_with_the_package()
    {
        var assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Microsoft.ML.TorchSharp"), AssemblyBuilderAccess.Run);
        var type = assembly.DefineDynamicModule("main").DefineType("TextClassificationTransformer", TypeAttributes.Public, typeof(ForeignStep)).CreateType();

        Assert.Contains("The package Iba.MLNet.TorchSharp reads such models", OptionalPackages.Advice([(ITransformer)Activator.CreateInstance(type)!]));
        Assert.Equal("", OptionalPackages.Advice([new ForeignStep()]));
    }

    /// <summary>A transformer of somebody else.</summary>
    public class ForeignStep : ITransformer
    {
        public bool IsRowToRowMapper => false;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inputSchema;

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

        public IDataView Transform(IDataView input) => input;

        void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException();
    }
}
