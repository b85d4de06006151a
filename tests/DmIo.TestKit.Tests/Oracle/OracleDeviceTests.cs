using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.TestKit.Tests.Oracle;

/// <summary>The decorator does not change the behavior of its device.</summary>
public sealed class OracleDeviceContract : BlockDeviceContract
{
    private protected override IBlockDevice Create(SectorCount capacity) =>
        new OracleDevice(new MemoryDevice(ByteSize.FromSectors(capacity)),
            new DiskOracle(ByteSize.FromSectors(capacity)));
}

/// <summary>The oracle finds every kind of silent fault within a few runs, and nothing in any run of a correct
/// device.</summary>
public sealed class OracleDeviceTests(ITestOutputHelper output)
{
    private const int HonestSeeds = 2000;
    private const int FaultySeeds = 1000;

    [Fact]
    public void A_correct_device_has_no_findings()
    {
        var first = Random.Shared.Next(int.MaxValue - HonestSeeds);
        output.WriteLine($"seeds {first} to {first + HonestSeeds - 1}");
        for (var seed = first; seed < first + HonestSeeds; seed++)
        {
            var findings = OracleRun.Do(seed);
            Assert.True(findings.Count == 0, $"seed {seed}: {string.Join("; ", findings)}");
        }
    }

    [Theory]
    [InlineData(SilentFault.LosesWrites)]
    [InlineData(SilentFault.MisdirectsWrites)]
    [InlineData(SilentFault.TearsWrites)]
    [InlineData(SilentFault.SkipsZeroes)]
    [InlineData(SilentFault.LosesFlushes)]
    [InlineData(SilentFault.LosesForceUnitAccess)]
    [InlineData(SilentFault.ReadsStale)]
    [InlineData(SilentFault.CorruptsReads)]
    [InlineData(SilentFault.FillsReadsLate)]
    [InlineData(SilentFault.WritesLate)]
    [InlineData(SilentFault.ChangesWriteBuffers)]
    [InlineData(SilentFault.WritesOutsideMemory)]
    public void Every_silent_fault_is_found(SilentFault fault)
    {
        var first = Random.Shared.Next(int.MaxValue - FaultySeeds);
        for (var seed = first; seed < first + FaultySeeds; seed++)
        {
            var findings = OracleRun.Do(seed, (inner, random) => new SilentFaultDevice(inner, fault, random));
            if (findings.Count > 0)
            {
                output.WriteLine($"by seed {seed - first + 1}, {seed}: {findings[0]}");
                return;
            }
        }

        Assert.Fail($"no finding with seeds {first} to {first + FaultySeeds - 1}");
    }
}
