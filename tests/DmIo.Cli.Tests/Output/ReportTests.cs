using System.Text.Json;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests;

/// <summary>The outcome as JSON and as a table.</summary>
public sealed class ReportTests
{
    [Fact]
    public void The_json_of_a_good_region_is_what_is_promised()
    {
        var region = NewRegion(0, "a.img", 8);
        region.Add(IoStatus.Ok, 4096);

        Assert.Equal(
            """{"errors":"0x0","unsupported":"0x0","regions":[{"index":0,"device":"a.img","sector":2048,"count":8"""
            + ""","status":"Ok","bytes":4096}],"bytes":4096,"seconds":0.25}""",
            ReportJson.Write(RunReport.Of([region], 4096, TimeSpan.FromSeconds(0.25))));
    }

    [Fact]
    public void The_json_of_a_failed_region_says_why_with_its_error_number()
    {
        var region = NewRegion(0, "a.img", 8);
        region.Add(IoStatus.DeviceError("it's \"bad\" & <broken>", errno: 5), 4096);

        var json = JsonDocument.Parse(ReportJson.Write(RunReport.Of([region], 0, TimeSpan.Zero))).RootElement;

        var failed = json.GetProperty("regions")[0];
        Assert.Equal("DeviceError", failed.GetProperty("status").GetString());
        Assert.Equal("it's \"bad\" & <broken>", failed.GetProperty("message").GetString());
        Assert.Equal(5, failed.GetProperty("errno").GetInt32());
    }

    [Fact]
    public void R1_the_error_bits_go_from_region_0_to_region_63()
    {
        var regions = Enumerable.Range(0, 64).Select(index => NewRegion(index, $"d{index}", 8)).ToArray();
        foreach (var index in new[] { 0, 31, 32, 63 })
        {
            regions[index].Add(IoStatus.Failed(IoStatusCode.Unsupported, "no"), 4096);
        }

        var report = RunReport.Of(regions, 0, TimeSpan.Zero);

        Assert.Equal("0x8000000180000001", report.Errors);
        Assert.Equal("0x8000000180000001", report.Unsupported);
    }

    [Fact]
    public void In_a_pipe_each_region_keeps_to_its_line_and_there_is_no_escape_sequence()
    {
        using var writer = new StringWriter();
        var path = $"/{new string('x', 300)}/[red]disk[/].img";
        var region = NewRegion(0, path, 8);
        region.Add(IoStatus.Ok, 4096);

        ReportTable.Write(writer, isTerminal: false, RunReport.Of([region], 4096, TimeSpan.FromSeconds(1)));

        var lines = writer.ToString().Split('\n');
        Assert.Contains(lines, line => line.Contains($"{path}@2048+8 Ok", StringComparison.Ordinal));
        Assert.Contains("errors 0x0", lines);
        Assert.DoesNotContain('\e', writer.ToString());
    }

    [Fact]
    public void The_table_says_what_was_padded_what_was_cut_and_what_failed()
    {
        using var writer = new StringWriter();
        var (cut, failed) = (NewRegion(0, "a", 8), NewRegion(1, "b", null));
        cut.TookPrefix();
        failed.Add(IoStatus.DeviceError("no space", errno: 28), 4096);

        var report = RunReport.Of([cut, failed], 5000, TimeSpan.FromSeconds(1)) with { PaddedBytes = 120 };
        ReportTable.Write(writer, isTerminal: false, report);

        var text = writer.ToString();
        Assert.Contains("last sector padded with 120 zero bytes", text);
        Assert.Contains("region 0: shorter than the input, got its first 8 sectors", text);
        Assert.Contains("region 1: DeviceError (errno 28): no space", text);
        Assert.Contains("errors 0x2", text);
    }

    [Fact]
    public void Where_no_region_is_well_it_says_how_much_the_best_has_of_the_input()
    {
        using var writer = new StringWriter();
        var (none, some) = (NewRegion(0, "a", null), NewRegion(1, "b", null));
        none.Add(IoStatus.DeviceError("no space", errno: 28), 8192);
        some.Add(IoStatus.Ok, 4096);
        some.Add(IoStatus.DeviceError("no space", errno: 28), 4096);

        ReportTable.Write(
            writer, isTerminal: false, RunReport.Of([none, some], 8192, TimeSpan.FromSeconds(2)));

        Assert.Contains("4096 of 8192 bytes in 2.0 s, 2 KiB/s", writer.ToString());
    }

    [Fact]
    public void A_region_that_failed_got_no_prefix()
    {
        using var writer = new StringWriter();
        var cut = NewRegion(0, "a", 8);
        cut.TookPrefix();
        cut.Add(IoStatus.DeviceError("no space", errno: 28), 4096);

        ReportTable.Write(writer, isTerminal: false, RunReport.Of([cut], 8192, TimeSpan.FromSeconds(1)));

        Assert.DoesNotContain("got its first", writer.ToString());
        Assert.Contains("0 of 8192 bytes in 1.0 s", writer.ToString());
    }

    [Theory]
    [InlineData(8, 488)]
    [InlineData(7, null)]
    public void Only_a_region_that_goes_to_the_end_of_the_device_has_the_bytes_behind_it(int count, int? tailBytes)
    {
        var description = new DeviceDescription
        {
            Backend = "fake",
            Capacity = ByteSize.FromSectors(2056),
            TailBytes = 488,
        };
        var region = new RegionTally(0, new TargetRegion("a", "a", 2048, count, description));

        Assert.Equal(tailBytes, RegionReport.Of(region).TailBytes);
    }

    private static RegionTally NewRegion(int index, string device, long? count) => new(
        index,
        new TargetRegion(
            device, device, 2048, count, new DeviceDescription { Backend = "fake", Capacity = ByteSize.FromMiB(512) }));
}
