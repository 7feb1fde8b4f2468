using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Iba.Architecture.Tests.Arrows;

/// <summary>The check finds what is planted for it.</summary>
public class ArrowCheckTests
{
    private const string Folder = "/source/Planted";

    private static readonly Place[] Declared = [new("Low/", []), new("Low/Inner/", ["Low/"]), new("High/", ["Low/"])];

    private static readonly (string File, string Code)[] InOrder =
    [
        ("Low/Base.cs", "class Base { public int Size; } static class Extensions { public static int Twice(this int value) => 2 * value; }"),
        ("Low/Inner/Leaf.cs", "class Leaf : Base { }"),
        ("High/Roof.cs", "class Roof { Base Base = new(); }"),
    ];

    [Fact]
    public void Code_in_order_has_no_complaints() => Assert.Empty(Check(Declared, InOrder));

    [Theory]
    [InlineData("class Bad { Roof roof; }")]
    [InlineData("class Bad { object Make() => new System.Collections.Generic.List<Roof[]>(); }")]
    [InlineData("class Bad { string Name() => nameof(Roof); }")]
    [InlineData("class Bad { void Take() => Sink.Put(new()); } class Sink { public static void Put(Roof roof) { } }")]
    [InlineData("[System.Obsolete(nameof(Roof))] class Bad;")]
    public void An_upward_reference_is_found(string code)
    {
        var complaints = Check(Declared, [.. InOrder, ("Low/Bad.cs", code)]);

        Assert.Contains("Low/Bad.cs: Low/ uses Roof of High/, which is not below it.", complaints);
    }

    [Fact]
    public void An_extension_method_counts_for_the_room_that_declares_it()
    {
        var complaints = Check(Declared, [.. InOrder, ("High/More.cs", "static class More { public static int Half(this int value) => value / 2; }"), ("Low/Bad.cs", "class Bad { int Size = 4.Half(); }")]);

        Assert.Contains("Low/Bad.cs: Low/ uses More of High/, which is not below it.", complaints);
    }

    [Fact]
    public void Parts_of_a_type_in_two_rooms_are_an_arrow_both_ways()
    {
        var complaints = Check(Declared, [.. InOrder, ("Low/Part.cs", "partial class Part { Part next; }"), ("High/Part.cs", "partial class Part { }")]);

        Assert.Contains("Low/Part.cs: Low/ uses Part of High/, which is not below it.", complaints);
    }

    [Fact]
    public void Comments_and_texts_do_not_count()
        => Assert.Empty(Check(Declared, [.. InOrder, ("Low/Good.cs", "/// <summary><see cref=\"Roof\"/></summary>\nclass Good { string Text = \"Roof\"; /* Roof */ }")]));

    [Fact]
    public void A_cycle_is_named_with_all_its_rooms()
    {
        Place[] declared = [new("A/", ["B/"]), new("B/", ["C/"]), new("C/", ["A/"])];

        var complaints = Check(declared, ("A/A.cs", "class A { B b; }"), ("B/B.cs", "class B { C c; }"), ("C/C.cs", "class C { A a; }"));

        Assert.Contains("A cycle: A/ -> B/ -> C/ -> A/.", complaints);
        Assert.Contains("B/B.cs: B/ uses C of C/, which is not below it.", complaints);
        Assert.Contains("A/ is declared to use B/, which does not stand before it.", complaints);
    }

    [Fact]
    public void Rooms_are_declared_once_and_exist()
    {
        var complaints = Check([.. Declared, Declared[0], new("Empty/", [])], [.. InOrder, ("Low/New/New.cs", "class New { }"), ("Other/Other.cs", "class Other { }")]);

        Assert.Equal(["Low/ is declared twice.", "Empty/ is declared and does not exist, or holds no code.", "Other/ is not declared."], complaints);
    }

    [Fact]
    public void What_a_room_uses_is_declared_exactly()
    {
        var complaints = Check([new("Low/", []), new("Low/Inner/", []), new("High/", ["Low/", "Low/Inner/"])], InOrder);

        Assert.Equal(
            [
                "Low/Inner/Leaf.cs: Low/Inner/ uses Base of Low/, which is not declared.",
                "Low/Inner/ in fact uses: `Low/`",
                "High/ is declared to use Low/Inner/ and does not.",
                "High/ in fact uses: `Low/`",
            ],
            complaints);
    }

    [Fact]
    public void Code_that_the_compiler_does_not_understand_is_no_silent_gap()
        => Assert.Contains("'Unknown' does not compile here", Assert.ThrowsAny<Exception>(() => Check(Declared, ("Low/Bad.cs", "class Bad { Unknown field; }"))).ToString(), StringComparison.Ordinal);

    private static IReadOnlyList<string> Check(Place[] declared, params (string File, string Code)[] files)
    {
        var compilation = CSharpCompilation.Create(
            "Planted",
            files.Select(file => CSharpSyntaxTree.ParseText(file.Code, path: $"{Folder}/{file.File}")),
            [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)]);
        var map = new RoomMap(Folder, declared.Select(place => place.Name));
        return ArrowCheck.Complaints(declared, files.Select(file => map.Room($"{Folder}/{file.File}")!).Distinct(), RoomArrows.Of(compilation, Folder, map));
    }
}
