using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Iba.Tests;
using Iba.Torch;

namespace Iba.Reports.Tests.Gallery;

public sealed class GalleryReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iba-report").FullName;

    private string File(string name) => Path.Combine(_folder, name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1000)]
    [InlineData(0)]
    public void Equal_rows_give_equal_bytes_in_any_culture(int rowsInOneFile)
    {
        var options = new GalleryReportOptions { RowsInOneFile = rowsInOneFile };
        GalleryReport.Write(File("report.html"), GalleryRows.Pictures(40, 32), options);
        string expected = Hash();
        Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder);

        German.Do(() =>
        {
            GalleryReport.Write(File("report.html"), GalleryRows.Pictures(40, 32), options);
            return 0;
        });

        Assert.Equal(expected, Hash());
    }

    [Fact]
    public void A_report_replaces_an_earlier_one_with_its_pages()
    {
        GalleryReport.Write(File("report.html"), GalleryRows.Pictures(40, 32), new() { RowsInOneFile = 0 });
        Assert.Equal(["00000.js", "00001.js", "00002.js", "00003.js", "00004.js"], Directory.GetFiles(File("report.pages")).Select(Path.GetFileName).Order());

        GalleryReport.Write(File("report.html"), GalleryRows.Pictures(20, 32), new() { RowsInOneFile = 0 });
        Assert.Equal(3, Directory.GetFiles(File("report.pages")).Length);

        GalleryReport.Write(File("report.html"), GalleryRows.Pictures(20, 32));
        Assert.Equal([File("report.html")], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_folder_with_other_files_is_left_alone()
    {
        Directory.CreateDirectory(File("report.pages"));
        System.IO.File.WriteAllText(Path.Combine(File("report.pages"), "thesis.doc"), "work");

        string message = Assert.Throws<IOException>(() => GalleryReport.Write(File("report.html"), GalleryRows.Pictures(3, 32))).Message;

        Assert.Contains("report.pages', which would be replaced, but it holds 'thesis.doc'", message, StringComparison.Ordinal);
        Assert.Equal("work", System.IO.File.ReadAllText(Path.Combine(File("report.pages"), "thesis.doc")));
    }

    [Fact]
    public void A_file_is_not_named_like_its_pages()
        => Assert.Throws<ArgumentException>(() => GalleryReport.Write(File("report.pages"), GalleryRows.Pictures(3, 32)));

    [Fact]
    public void What_ends_the_rows_leaves_the_earlier_report()
    {
        GalleryReport.Write(File("report.html"), GalleryRows.Pictures(3, 32));
        string before = Hash();

        Assert.Throws<NotSupportedException>(() => GalleryReport.Write(File("report.html"), Rows()));

        Assert.Equal(before, Hash()); // Nothing unfinished is left, either.

        static IEnumerable<ReportRow> Rows()
        {
            yield return GalleryRows.Picture(0, 32);
            throw new NotSupportedException();
        }
    }

    [Fact]
    public void Rows_are_taken_one_at_a_time()
    {
        int asked = 0, loaded = 0;
        GalleryReport.Write(File("report.html"), Enumerable.Range(0, 50).Select(i =>
        {
            Assert.Equal(asked++, loaded);
            return new ReportRow
            {
                Name = $"{i}",
                Photograph = () =>
                {
                    loaded++;
                    return GalleryRows.Disc(i, 32);
                },
            };
        }));

        Assert.Equal((50, 50), (asked, loaded));
    }

    [Fact]
    public void Rows_that_cannot_be_shown_say_why()
    {
        ReportRow[] rows =
        [
            new() { Name = "negative", Map = new ReportMap(new[] { -1f }, 1, 1) },
            new() { Name = "words", Text = "ab", Words = [new(0, 3, 1)] },
            new() { Name = "infinite", Text = "ab", Words = [new(0, 1, double.PositiveInfinity)] },
            new() { Name = "gone", Photograph = () => RgbImage.Load(File("no.jpg")) },
            new() { Name = "bytes", Bytes = [new(3, 65, 1), new(3, 66, 1)] },
            new() { Name = "lost", Bytes = [new(3, 65, double.NaN)] },
        ];
        GalleryReport.Write(File("report.html"), rows);

        var names = Index().GetProperty("names");
        Assert.Equal("its map holds -1 at (0, 0), which is no number of bits", names[0][1].GetString());
        Assert.StartsWith("Word 0 covers 3 characters from 0, but the text has 2", names[1][1].GetString(), StringComparison.Ordinal);
        Assert.StartsWith("its word 0 has ∞ bits", names[2][1].GetString()!.Replace("Infinity", "∞", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal("gone", names[3].GetString());
        Assert.StartsWith("Byte 1 has the offset 3, but 4 is the least it can have", names[4][1].GetString(), StringComparison.Ordinal);
        Assert.Equal("its byte 3 has NaN bits, which is no number of bits", names[5][1].GetString());
        Assert.StartsWith("The photograph cannot be shown: ", Page()[3].GetProperty("note").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_are_written_by_lines_and_of_long_files_those_with_most_bits()
    {
        ReportRow[] rows = [new() { Name = "long", Bytes = [.. Enumerable.Range(0, 16 * 100).Select(at => new ByteBits(at, (byte)at, at / 16 == 99 ? 2 : at / 16 == 7 ? 0 : 1))] }];
        GalleryReport.Write(File("report.html"), rows);

        var lines = Page()[0].GetProperty("lines");
        Assert.Equal(64, lines.GetArrayLength());
        Assert.DoesNotContain(lines.EnumerateArray(), line => line[0].GetInt32() == 7 * 16);
        var last = lines[63];
        Assert.Equal((99 * 16, 32d), (last[0].GetInt32(), last[2].GetDouble()));
        Assert.Equal(100 - 64, lines.EnumerateArray().Sum(line => line[1].GetInt32()) / 16);
        Assert.Equal("bits/byte", Index().GetProperty("unit").GetString());
        Assert.Equal((16 * 98) + 32, Index().GetProperty("columns").EnumerateArray().Single(column => column.GetProperty("key").GetString() == "bits").GetProperty("values")[0].GetDouble());
    }

    // Two commands that end the same job write the same report.
    [Fact]
    public async Task Who_writes_the_same_report_waits()
    {
        Task? second = null;
        GalleryReport.Write(File("report.html"), First(), new GalleryReportOptions { RowsInOneFile = 0 });
        await second!;

        Assert.Equal(20, Index().GetProperty("names").GetArrayLength());
        Assert.Equal(["report.html", "report.pages"], Directory.GetFileSystemEntries(Path.GetDirectoryName(File("x"))!).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

        IEnumerable<ReportRow> First()
        {
            foreach (var row in GalleryRows.Texts(20))
            {
                yield return row;
                if (second != null) continue;
                second = Task.Run(() => GalleryReport.Write(File("report.html"), GalleryRows.Texts(20), new GalleryReportOptions { RowsInOneFile = 0 }));
                Assert.False(second.Wait(TimeSpan.FromMilliseconds(300)));
            }
        }
    }

    [Fact]
    public void Numbers_classes_and_maps_are_written()
    {
        ReportRow[] rows =
        [
            new() { Name = "a", PredictedClass = "cat", Probability = 0.25, ProbabilityKept = 0.5, Map = new ReportMap(new[] { 1f, 3 }, 2, 1) { PictureWidth = 4, PictureHeight = 2 } },
            new() { Name = "b", PredictedClass = "cat", Target = "dog", Bits = 7, Scores = new Dictionary<string, double> { ["Deletion"] = 0.1, ["Odd"] = double.NaN } },
        ];
        GalleryReport.Write(File("report.html"), rows);

        var index = Index();
        Assert.Equal(
            ["Bits: 4 7", "Probability: 0.25 null", "Probability kept: 0.5 null", "Deletion: null 0.1", "Distance from usual bits: 0.674491 0.674491"],
            index.GetProperty("columns").EnumerateArray().Select(column => $"{column.GetProperty("title")}: {string.Join(' ', column.GetProperty("values").EnumerateArray().Select(value => value.GetRawText()))}"));
        Assert.Equal("[0,0]", index.GetProperty("predictedOf").GetRawText());
        Assert.Equal("[0,1]", index.GetProperty("explainedOf").GetRawText());
        Assert.Equal("[\"cat\",\"dog\"]", index.GetProperty("classNames").GetRawText());
        var map = Page()[0];
        Assert.Equal([85, 254], map.GetProperty("map").GetBytesFromBase64());
        Assert.Equal((0.75, 2), (map.GetProperty("largest").GetDouble(), map.GetProperty("aspect").GetDouble()));
    }

    [Fact]
    public void The_file_asks_for_nothing_and_its_scripts_make_no_markup()
    {
        GalleryReport.Write(File("report.html"), GalleryRows.Pictures(20, 32));

        string html = System.IO.File.ReadAllText(File("report.html"));
        Assert.DoesNotMatch("https?://|\\bsrc=|\\bhref=\"(?!#)|@import|url\\(", Regex.Replace(html, "<script type=\"application/json\".*?</script>", "", RegexOptions.Singleline));
        Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\(|new Function|fetch\\(|XMLHttpRequest", html);
        Assert.DoesNotMatch("<[^>]* (on\\w+|style)=", html);
        Assert.Contains("default-src &#39;none&#39;", html.Replace("'none'", "&#39;none&#39;", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_report_is_a_report()
    {
        GalleryReport.Write(File("report.html"), []);

        Assert.Equal(0, Index().GetProperty("names").GetArrayLength());
        Assert.Contains("<li>0 rows</li>", System.IO.File.ReadAllText(File("report.html")), StringComparison.Ordinal);
    }

    private JsonElement Index() => Block("index");

    private JsonElement Page() => Block("page-0");

    private JsonElement Block(string id)
        => JsonDocument.Parse(Regex.Match(System.IO.File.ReadAllText(File("report.html")), $"id=\"{id}\">(.*?)</script>", RegexOptions.Singleline).Groups[1].Value).RootElement;

    private string Hash() => string.Join('\n', Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Order()
        .Select(file => $"{Path.GetRelativePath(_folder, file)} {Convert.ToHexString(SHA256.HashData(System.IO.File.ReadAllBytes(file)))}"));
}
