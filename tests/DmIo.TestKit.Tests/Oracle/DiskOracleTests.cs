using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using Xunit;

namespace DmIo.TestKit.Tests.Oracle;

/// <summary>What the oracle allows, and what it does not. Sectors are of one letter each; a dot is zeroes.</summary>
public sealed class DiskOracleTests
{
    private static readonly IoStatus Failed = IoStatus.DeviceError("It failed.");

    private DiskOracle oracle = new(ByteSize.FromSectors(4));

    [Fact]
    public void A_blank_disk_reads_as_zeroes() => AssertMayRead(0, ".", no: "a");

    [Fact]
    public void What_was_acknowledged_is_there_and_nothing_else()
    {
        End(Write(0, "ab"));
        AssertMayRead(0, "ab", no: "a.");
    }

    [Fact]
    public void What_is_in_flight_may_be_there_or_not_sector_by_sector()
    {
        Write(0, "ab");
        AssertMayRead(0, ".b", no: "ba");
        AssertMayRead(0, "a.", no: "aa");
    }

    [Fact]
    public void What_failed_may_be_there_or_not_until_something_later_is_acknowledged()
    {
        oracle.End(Write(0, "a"), Failed);
        AssertMayRead(0, "a");
        AssertMayRead(0, ".");
        End(Write(0, "b"));
        AssertMayRead(0, "b", no: "a");
    }

    [Fact]
    public void Of_a_short_write_the_beginning_is_there()
    {
        oracle.End(Write(0, "ab"), TransferResult.Moved(Sector.SizeBytes));
        AssertMayRead(0, "ab", no: ".b");
        AssertMayRead(0, "a.");
    }

    [Fact]
    public void What_was_out_of_range_or_refused_never_happened()
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
    public void A_read_that_began_before_may_find_what_was_there_before()
    {
        var read = oracle.Begin(new DiskAccess(IoOperation.Read, 0, 1));
        End(Write(0, "a"));
        End(Write(0, "b"));
        oracle.End(read, IoStatus.Ok, Data("."));
        Assert.Empty(oracle.Findings);
    }

    [Fact]
    public void A_failed_read_may_bring_zeroes()
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
    public void A_crash_keeps_what_was_flushed_and_any_part_of_the_rest()
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
    public void A_crash_may_bring_back_what_was_written_over()
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
    public void What_was_written_durably_survives()
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
    public void A_flush_covers_only_what_was_acknowledged_when_it_began()
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
    public void What_a_failed_flush_should_have_covered_no_later_one_does()
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
    public void What_a_crash_left_stays()
    {
        End(Write(0, "a"));
        oracle.Crash(Data("a..."));
        AssertMayRead(0, "a", no: ".");
    }

    [Fact]
    public void Without_a_volatile_cache_what_is_acknowledged_survives()
    {
        var plain = new DiskOracle(ByteSize.FromSectors(1), new DiskOracleOptions { HasVolatileCache = false });
        plain.End(plain.Begin(new DiskAccess(IoOperation.Write, 0, 1) { Data = Data("a") }), IoStatus.Ok);
        plain.Crash(Data("."));
        Assert.Single(plain.Findings);
    }

    [Fact]
    public void Of_a_disk_that_is_not_blank_nothing_is_known_until_it_is_written()
    {
        var used = new DiskOracle(ByteSize.FromSectors(2), new DiskOracleOptions { IsBlank = false });
        used.CheckContent(0, Data("xy"));
        Assert.Empty(used.Findings);
        used.End(used.Begin(new DiskAccess(IoOperation.Write, 0, 1) { Data = Data("a") }), IoStatus.Ok);
        used.CheckContent(0, Data("xy"));
        Assert.Single(used.Findings);
    }

    [Fact]
    public void What_a_write_keeps_of_its_ends_stays()
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
    public void What_a_write_keeps_may_be_older_than_what_is_there_when_its_outcome_comes()
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
    public void A_sector_that_a_durable_write_keeps_as_a_whole_is_no_more_durable_than_before()
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
    public void What_comes_for_a_call_from_before_a_crash_is_ignored()
    {
        var write = Write(0, "a");
        oracle.Crash(Data("...."));
        End(write);
        AssertMayRead(0, ".", no: "a");
    }

    [Fact]
    public void A_finding_says_what_was_found_and_what_there_may_be()
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
    public void A_test_may_name_its_own_data_and_calls()
    {
        var named = new DiskOracle(ByteSize.FromSectors(1),
            new DiskOracleOptions { Name = "left", NameOf = data => $"{(char)data[0]}" });
        named.End(
            named.Begin(new DiskAccess(IoOperation.Write, 0, 1) { Data = Data("a"), Label = "commit 1" }),
            IoStatus.Ok);
        named.CheckContent(0, Data("b"));
        Assert.Equal(
            "there is b in sector 0 of left; there may be a (acknowledged by commit 1)", named.Findings[0]);
    }

    [Fact]
    public void One_access_can_not_end_twice()
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
        Assert.True(no is null || FindingsOf(() => Read(start, no)) > 0, $"{no} may be there");
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

    private int FindingsOf(Action deed)
    {
        var before = oracle.Findings.Count;
        deed();
        return oracle.Findings.Count - before;
    }
}
