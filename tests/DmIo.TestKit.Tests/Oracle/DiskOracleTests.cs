using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using Xunit;

namespace DmIo.TestKit.Tests.Oracle;

/// <summary>The data that the oracle allows and rejects. Each sector is filled with one letter; a dot is
/// zeroes.</summary>
public sealed class DiskOracleTests
{
    private static readonly IoStatus Failed = IoStatus.DeviceError("It failed.");

    private DiskOracle oracle = new(ByteSize.FromSectors(4));

    [Fact]
    public void A_blank_disk_reads_as_zeroes() => AssertMayRead(0, ".", no: "a");

    [Fact]
    public void Only_acknowledged_data_may_be_read()
    {
        End(Write(0, "ab"));
        AssertMayRead(0, "ab", no: "a.");
    }

    [Fact]
    public void Each_sector_of_a_write_in_flight_may_be_old_or_new()
    {
        Write(0, "ab");
        AssertMayRead(0, ".b", no: "ba");
        AssertMayRead(0, "a.", no: "aa");
    }

    [Fact]
    public void Data_of_a_failed_write_is_allowed_until_a_later_write_is_acknowledged()
    {
        oracle.End(Write(0, "a"), Failed);
        AssertMayRead(0, "a");
        AssertMayRead(0, ".");
        End(Write(0, "b"));
        AssertMayRead(0, "b", no: "a");
    }

    [Fact]
    public void The_start_of_a_short_write_is_written()
    {
        oracle.End(Write(0, "ab"), TransferResult.Moved(Sector.SizeBytes));
        AssertMayRead(0, "ab", no: ".b");
        AssertMayRead(0, "a.");
    }

    [Fact]
    public void Out_of_range_and_refused_writes_have_no_effect()
    {
        oracle.End(Write(3, "ab"), IoStatus.Failed(IoStatusCode.OutOfRange, "It is too long."));
        oracle.Withdraw(Write(0, "a"));
        AssertMayRead(0, "....", no: "a...");
    }

    [Fact]
    public void Overlapping_writes_may_take_effect_in_any_order()
    {
        var (one, other) = (Write(0, "a"), Write(0, "b"));
        End(other);
        End(one);
        AssertMayRead(0, "a", no: ".");
        AssertMayRead(0, "b");
    }

    [Fact]
    public void Overlapping_writes_of_one_stream_take_effect_in_their_order()
    {
        var (one, other) = (Write(0, "a", stream: 1), Write(0, "b", stream: 1));
        End(other);
        End(one);
        AssertMayRead(0, "b", no: "a");
    }

    [Fact]
    public void A_read_that_began_earlier_may_return_earlier_data()
    {
        var read = oracle.Begin(new DiskAccess(IoOperation.Read, 0, 1));
        End(Write(0, "a"));
        End(Write(0, "b"));
        oracle.End(read, IoStatus.Ok, Data("."));
        Assert.Empty(oracle.Findings);
    }

    [Fact]
    public void A_failed_read_may_return_zeroes()
    {
        End(Write(0, "aa"));
        var read = oracle.Begin(new DiskAccess(IoOperation.Read, 0, 2));
        oracle.End(read, Failed, Data("a."));
        Assert.Empty(oracle.Findings);
    }

    [Fact]
    public void A_discarded_sector_may_hold_anything_until_it_is_zeroed()
    {
        End(oracle.Begin(new DiskAccess(IoOperation.Discard, 0, 1)));
        AssertMayRead(0, "x");
        End(oracle.Begin(new DiskAccess(IoOperation.WriteZeroes, 0, 1)));
        AssertMayRead(0, ".", no: "x");
    }

    [Fact]
    public void A_crash_keeps_flushed_data_and_any_part_of_the_rest()
    {
        void Scenario()
        {
            End(Write(0, "ab"));
            Flush();
            End(Write(1, "cd"));
        }

        AssertMaySurvive("ab..", Scenario);
        AssertMaySurvive("abd.", Scenario);
        AssertMayNotSurvive("....", Scenario);
    }

    [Fact]
    public void A_crash_may_restore_overwritten_data()
    {
        void Scenario()
        {
            End(Write(0, "a"));
            End(Write(0, "b"));
        }

        AssertMaySurvive("a...", Scenario);
        AssertMaySurvive("....", Scenario);
        AssertMayNotSurvive("c...", Scenario);
    }

    [Fact]
    public void Durably_written_data_survives()
    {
        void Scenario()
        {
            End(Write(0, "a"));
            End(Write(0, "b", isDurable: true));
        }

        AssertMaySurvive("b...", Scenario);
        AssertMayNotSurvive("a...", Scenario);
    }

    [Fact]
    public void A_flush_covers_only_data_acknowledged_before_it_began()
    {
        void Scenario()
        {
            var flush = oracle.Begin(new DiskAccess(IoOperation.Flush, 0, 0));
            End(Write(0, "a"));
            End(flush);
        }

        AssertMaySurvive("....", Scenario);
    }

    [Fact]
    public void Data_of_a_failed_flush_is_not_covered_by_a_later_one()
    {
        void Scenario()
        {
            End(Write(0, "a"));
            oracle.End(oracle.Begin(new DiskAccess(IoOperation.Flush, 0, 0)), Failed);
            End(Write(1, "b"));
            Flush();
        }

        AssertMaySurvive(".b..", Scenario);
        AssertMayNotSurvive("a...", Scenario);
    }

    [Fact]
    public void Data_that_survived_a_crash_stays()
    {
        End(Write(0, "a"));
        oracle.Crash(Data("a..."));
        AssertMayRead(0, "a", no: ".");
    }

    [Fact]
    public void Without_a_volatile_cache_acknowledged_data_survives()
    {
        var plain = new DiskOracle(ByteSize.FromSectors(1), new DiskOracleOptions { HasVolatileCache = false });
        plain.End(plain.Begin(new DiskAccess(IoOperation.Write, 0, 1) { Data = Data("a") }), IoStatus.Ok);
        plain.Crash(Data("."));
        Assert.Single(plain.Findings);
    }

    [Fact]
    public void The_content_of_a_disk_that_is_not_blank_is_unknown_until_it_is_written()
    {
        var used = new DiskOracle(ByteSize.FromSectors(2), new DiskOracleOptions { IsBlank = false });
        used.CheckContent(0, Data("xy"));
        Assert.Empty(used.Findings);
        used.End(used.Begin(new DiskAccess(IoOperation.Write, 0, 1) { Data = Data("a") }), IoStatus.Ok);
        used.CheckContent(0, Data("xy"));
        Assert.Single(used.Findings);
    }

    [Fact]
    public void Kept_bytes_at_the_edges_of_a_write_stay()
    {
        End(Write(0, "abc"));
        var edges = new WriteEdges(HeadBytes: 500, TailBytes: 510);
        var data = Bytes.Filled((3 * Sector.SizeBytes) - 1010, (byte)'x');
        End(oracle.Begin(new DiskAccess(IoOperation.Write, 0, 3) { Data = data, Edges = edges }));

        var expected = Data("abc");
        data.CopyTo(expected, 500);
        oracle.CheckContent(0, expected);
        Assert.Empty(oracle.Findings);
        expected[^1]++;
        oracle.CheckContent(0, expected);
        Assert.Single(oracle.Findings);
    }

    [Fact]
    public void Kept_bytes_of_a_write_may_be_older_than_a_concurrent_write()
    {
        End(Write(0, "a"));
        var edges = new WriteEdges(HeadBytes: 256, TailBytes: 0);
        var data = Bytes.Filled(256, (byte)'x');
        var kept = oracle.Begin(new DiskAccess(IoOperation.Write, 0, 1) { Data = data, Edges = edges });
        var read = oracle.Begin(new DiskAccess(IoOperation.Read, 0, 1));
        End(Write(0, "b"));
        End(kept);

        oracle.End(read, IoStatus.Ok, [.. Data("a")[..256], .. data]);

        Assert.Empty(oracle.Findings);
    }

    [Fact]
    public void A_sector_kept_whole_by_a_durable_write_does_not_become_durable()
    {
        End(Write(0, "aa", isDurable: true));
        End(Write(1, "b"));
        var edges = new WriteEdges(HeadBytes: 0, TailBytes: Sector.SizeBytes);
        End(oracle.Begin(new DiskAccess(IoOperation.Write, 0, 2)
        {
            Data = Data("c"),
            Edges = edges,
            ForceUnitAccess = true,
        }));

        oracle.Crash(Data("ca.."));

        Assert.Empty(oracle.Findings);
    }

    [Fact]
    public void Outcomes_of_calls_from_before_a_crash_are_ignored()
    {
        var write = Write(0, "a");
        oracle.Crash(Data("...."));
        End(write);
        AssertMayRead(0, ".", no: "a");
    }

    [Fact]
    public void A_finding_shows_the_data_and_the_allowed_data()
    {
        oracle.End(Write(2, "a"), Failed);
        End(Write(2, "b"));
        Write(2, "c");
        oracle.CheckContent(2, Data("x"));
        Assert.Equal(
            "there is all 78 in sector 2 of the disk; there may be all 62 (acknowledged by write 2+1), "
                + "or all 63 (in flight by write 2+1)",
            Assert.Single(oracle.Findings));
    }

    [Fact]
    public void A_test_can_name_its_data_and_calls()
    {
        var named = new DiskOracle(ByteSize.FromSectors(1),
            new DiskOracleOptions { Name = "left", DescribeSector = data => $"{(char)data[0]}" });
        named.End(
            named.Begin(new DiskAccess(IoOperation.Write, 0, 1) { Data = Data("a"), Label = "commit 1" }),
            IoStatus.Ok);
        named.CheckContent(0, Data("b"));
        Assert.Equal(
            "there is b in sector 0 of left; there may be a (acknowledged by commit 1)", named.Findings[0]);
    }

    [Fact]
    public void An_access_cannot_end_twice()
    {
        var write = Write(0, "a");
        End(write);
        Assert.Throws<ArgumentException>(() => End(write));
        Assert.Throws<ArgumentException>(() => oracle.Begin(write));
    }

    private static byte[] Data(string letters) => [.. letters.SelectMany(
        letter => Bytes.Filled(Sector.SizeBytes, letter == '.' ? (byte)0 : (byte)letter))];

    private DiskAccess Write(long start, string letters, long? stream = null, bool isDurable = false) =>
        oracle.Begin(new DiskAccess(IoOperation.Write, start, letters.Length)
        {
            Data = Data(letters),
            Stream = stream,
            ForceUnitAccess = isDurable,
        });

    private void End(DiskAccess access) => oracle.End(access, IoStatus.Ok);

    private void Flush() => End(oracle.Begin(new DiskAccess(IoOperation.Flush, 0, 0)));

    private void AssertMayRead(long start, string letters, string? no = null)
    {
        Assert.Equal(0, FindingsOf(() => Read(start, letters)));
        Assert.True(no is null || FindingsOf(() => Read(start, no)) > 0, $"{no} is allowed");
    }

    private void Read(long start, string letters) => oracle.End(
        oracle.Begin(new DiskAccess(IoOperation.Read, start, letters.Length)), IoStatus.Ok, Data(letters));

    private void AssertMaySurvive(string letters, Action scenario)
    {
        Crash(letters, scenario);
        Assert.Empty(oracle.Findings);
    }

    private void AssertMayNotSurvive(string letters, Action scenario)
    {
        Crash(letters, scenario);
        Assert.NotEmpty(oracle.Findings);
    }

    private void Crash(string letters, Action scenario)
    {
        oracle = new DiskOracle(ByteSize.FromSectors(4));
        scenario();
        oracle.Crash(Data(letters));
    }

    private int FindingsOf(Action action)
    {
        var before = oracle.Findings.Count;
        action();
        return oracle.Findings.Count - before;
    }
}
