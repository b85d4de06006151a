using DmIo.Devices;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.TestKit.Tests.Oracle;

/// <summary>It changes nothing of the device behind.</summary>
public sealed class OracleDeviceContract : BlockDeviceContract
{
    private protected override IBlockDevice Create(SectorCount capacity) =>
        new OracleDevice(new MemoryDevice(ByteSize.FromSectors(capacity)),
            new DiskOracle(ByteSize.FromSectors(capacity)));
}

/// <summary>It finds every kind of lie, in some run of a few, and none in any run of an honest device.</summary>
public sealed class OracleDeviceTests(ITestOutputHelper output)
{
    private const int HonestSeeds = 2000;
    private const int LyingSeeds = 1000;

    [Fact]
    public void An_honest_device_is_never_found_to_lie()
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
    [InlineData(Lie.LosesWrites)]
    [InlineData(Lie.MisdirectsWrites)]
    [InlineData(Lie.TearsWrites)]
    [InlineData(Lie.ForgetsToZero)]
    [InlineData(Lie.LosesFlushes)]
    [InlineData(Lie.LosesForceUnitAccess)]
    [InlineData(Lie.ReadsStale)]
    [InlineData(Lie.GarblesReads)]
    [InlineData(Lie.FillsReadsLate)]
    [InlineData(Lie.TakesWritesLate)]
    [InlineData(Lie.ChangesWhatItWrites)]
    [InlineData(Lie.WritesBesideMemory)]
    public void A_lie_is_found(Lie lie)
    {
        var first = Random.Shared.Next(int.MaxValue - LyingSeeds);
        for (var seed = first; seed < first + LyingSeeds; seed++)
        {
            var findings = OracleRun.Do(seed, (inner, random) => new LyingDevice(inner, lie, random));
            if (findings.Count > 0)
            {
                output.WriteLine($"by seed {seed - first + 1}, {seed}: {findings[0]}");
                return;
            }
        }

        Assert.Fail($"seeds {first} to {first + LyingSeeds - 1} found nothing");
    }
}
