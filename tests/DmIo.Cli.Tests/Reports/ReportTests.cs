using System.Text.Json;
using DmIo.Cli.Reports;
using DmIo.Cli.Service;
using DmIo.Cli.Transfer;
using DmIo.Devices;
using DmIo.Io;
using Xunit;

namespace DmIo.Cli.Tests.Reports;

/// <summary>Results of regions as JSON and as a table.</summary>
public sealed class ReportTests
{
    [Fact]
    public void The_json_of_a_successful_region_has_the_documented_shape()
    {
        var region = NewRegion(0, "a.img", 8);
        region.Add(IoStatus.Ok, 4096);

        Assert.Equal(
            """{"errors":"0x0","unsupported":"0x0","regions":[{"index":0,"device":"a.img","sector":2048,"count":8"""
            + ""","status":"Ok","bytes":4096}],"bytes":4096,"seconds":0.25}""",
            ReportJson.Write(RegionState.ReportOf([region], 4096, TimeSpan.FromSeconds(0.25))));
    }

    [Fact]
    public void The_json_of_a_failed_region_has_its_message_and_error_number()
    {
        var region = NewRegion(0, "a.img", 8);
        region.Add(IoStatus.DeviceError("it's \"bad\" & <broken>", errno: 5), 4096);

        var json = JsonDocument.Parse(ReportJson.Write(RegionState.ReportOf([region], 0, TimeSpan.Zero))).RootElement;

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

        var report = RegionState.ReportOf(regions, 0, TimeSpan.Zero);

        Assert.Equal("0x8000000180000001", report.Errors);
        Assert.Equal("0x8000000180000001", report.Unsupported);
    }

    [Fact]
    public void In_a_pipe_each_region_is_one_line_without_escape_sequences()
    {
        using var writer = new StringWriter();
        var path = $"/{new string('x', 300)}/[red]disk[/].img";
        var region = NewRegion(0, path, 8);
        region.Add(IoStatus.Ok, 4096);

        RegionState.ReportOf([region], 4096, TimeSpan.FromSeconds(1)).Write(writer, isTerminal: false);

        var lines = writer.ToString().Split('\n');
        Assert.Contains(lines, line => line.Contains($"{path}@2048+8 Ok", StringComparison.Ordinal));
        Assert.Contains("errors 0x0", lines);
        Assert.DoesNotContain('\e', writer.ToString());
    }

    [Fact]
    public void The_table_reports_padding_prefixes_and_failures()
    {
        using var writer = new StringWriter();
        var (cut, failed) = (NewRegion(0, "a", 8), NewRegion(1, "b", null));
        cut.MarkPrefix();
        failed.Add(IoStatus.DeviceError("no space", errno: 28), 4096);

        var report = RegionState.ReportOf([cut, failed], 5000, TimeSpan.FromSeconds(1)) with { PaddedBytes = 120 };
        report.Write(writer, isTerminal: false);

        var text = writer.ToString();
        Assert.Contains("last sector padded with 120 zero bytes", text);
        Assert.Contains("region 0: shorter than the input, got its first 8 sectors", text);
        Assert.Contains("region 1: DeviceError (errno 28): no space", text);
        Assert.Contains("errors 0x2", text);
    }

    [Fact]
    public void If_every_region_failed_the_total_is_that_of_the_longest_region()
    {
        using var writer = new StringWriter();
        var (none, some) = (NewRegion(0, "a", null), NewRegion(1, "b", null));
        none.Add(IoStatus.DeviceError("no space", errno: 28), 8192);
        some.Add(IoStatus.Ok, 4096);
        some.Add(IoStatus.DeviceError("no space", errno: 28), 4096);

        RegionState.ReportOf([none, some], 8192, TimeSpan.FromSeconds(2)).Write(writer, isTerminal: false);

        Assert.Contains("4096 of 8192 bytes in 2.0 s, 2 KiB/s", writer.ToString());
    }

    [Fact]
    public void A_failed_region_is_not_reported_as_a_prefix()
    {
        using var writer = new StringWriter();
        var cut = NewRegion(0, "a", 8);
        cut.MarkPrefix();
        cut.Add(IoStatus.DeviceError("no space", errno: 28), 4096);

        RegionState.ReportOf([cut], 8192, TimeSpan.FromSeconds(1)).Write(writer, isTerminal: false);

        Assert.DoesNotContain("got its first", writer.ToString());
        Assert.Contains("0 of 8192 bytes in 1.0 s", writer.ToString());
    }

    [Theory]
    [InlineData(8, 488)]
    [InlineData(7, null)]
    public void Only_a_region_at_the_end_of_the_device_reports_the_tail_bytes(int count, int? tailBytes)
    {
        var description = new DeviceDescription
        {
            Backend = "fake",
            Capacity = ByteSize.FromSectors(2056),
            TailBytes = 488,
        };
        var region = new RegionState(0, new TargetRegion("a", "a", 2048, count, description));

        Assert.Equal(tailBytes, region.ToReport().TailBytes);
    }

    private static RegionState NewRegion(int index, string device, long? count) => new(
        index,
        new TargetRegion(
            device, device, 2048, count, new DeviceDescription { Backend = "fake", Capacity = ByteSize.FromMiB(512) }));
}
