namespace Iba.MLNet.Tests;

public class AssemblyLookupTests
{
    [Fact]
    public void The_assembly_is_found_by_the_name_that_model_files_have_and_no_other()
    {
        Assert.Same(typeof(IbaTransformer).Assembly, AssemblyLookup.Find(typeof(IbaTransformer).Assembly.FullName!));
        Assert.Null(AssemblyLookup.Find("Iba.MLNet.Other, Version=1.0.0.0"));
    }
}
