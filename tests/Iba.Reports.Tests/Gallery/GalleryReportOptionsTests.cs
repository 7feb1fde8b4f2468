namespace Iba.Reports.Tests.Gallery;

public class GalleryReportOptionsTests
{
    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Assert.Contains("PhotographSize lies between 32 and 1024", Assert.Throws<ArgumentOutOfRangeException>(() => new GalleryReportOptions { PhotographSize = 8 }).Message, StringComparison.Ordinal);
        Assert.Contains("MapSize lies between 8 and 1024", Assert.Throws<ArgumentOutOfRangeException>(() => new GalleryReportOptions { MapSize = 2000 }).Message, StringComparison.Ordinal);
        Assert.Contains("RowsInOneFile is 0 or more", Assert.Throws<ArgumentOutOfRangeException>(() => new GalleryReportOptions { RowsInOneFile = -1 }).Message, StringComparison.Ordinal);
        Assert.Contains("PictureWidth is at least 1", Assert.Throws<ArgumentOutOfRangeException>(() => new ReportMap(new float[1], 1, 1) { PictureWidth = 0 }).Message, StringComparison.Ordinal);
    }
}
