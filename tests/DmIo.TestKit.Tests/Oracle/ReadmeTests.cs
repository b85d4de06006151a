using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.TestKit.Oracle;
using DmIo.TestKit.Simulation;
using Xunit;

namespace DmIo.TestKit.Tests.Oracle;

/// <summary>The examples of src/DmIo.TestKit/README.md: the oracle in front of a device, and next to an
/// application.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public async Task A_decorator_that_skips_a_flush_is_detected()
    {
        var findings = new List<string>();
        for (var seed = 0; seed < 50 && findings.Count == 0; seed++)
        {
            findings.AddRange(await FindingsOfAsync(seed, inner => new FlushSkippingDevice(inner)));
        }

        Assert.Equal(
            "a crash left all 01 in sector 0 of the disk; there may be all 02 (durable by write 0+8)",
            findings.First(finding => finding.Contains("sector 0 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_correct_decorator_has_no_findings()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            Assert.Empty(await FindingsOfAsync(seed, inner => new RecordingDevice(inner)));
        }
    }

    [Fact]
    public async Task The_results_of_the_service_have_no_findings()
    {
        await using var running = new RunningService();
        var service = running.Service;
        await service.AttachAsync("left", new MemoryDevice(ByteSize.FromKiB(32)));
        await service.AttachAsync("right", new MemoryDevice(ByteSize.FromKiB(32)));
        await using var client = await service.OpenAsync(pages: 16);
        IoRegion[] copies = [new("left", 0, 8), new("right", 56, 8)];
        var data = Bytes.Random(8 * Sector.SizeBytes, seed: 1);
        var found = new byte[8 * Sector.SizeBytes];

        var size = ByteSize.FromKiB(32);
        var oracles = new Dictionary<string, DiskOracle> { ["left"] = new(size), ["right"] = new(size) };
        var write = new RequestAccess(IoOperation.Write, copies) { Data = data };
        write.Begin(oracles);
        write.End(await client.WriteAsync(copies, data));

        var read = new RequestAccess(IoOperation.Read, [copies[1]]);
        read.Begin(oracles);
        read.End(await client.ReadAsync(copies[1], found), found);
        Assert.Empty(oracles.Values.SelectMany(oracle => oracle.Findings));

        found[0]++;
        oracles["right"].CheckContent(56, found);
        Assert.Single(oracles["right"].Findings);
    }

    [Fact]
    public void Requests_refused_by_the_service_have_no_effect()
    {
        var oracles = new Dictionary<string, DiskOracle> { ["left"] = new(ByteSize.FromKiB(32)) };
        var write = new RequestAccess(IoOperation.Write, [new("left", 0, 1), new("nowhere", 0, 1)])
        {
            Data = Bytes.Filled(Sector.SizeBytes, 1),
        };
        write.Begin(oracles);
        write.Withdraw();
        oracles["left"].CheckContent(0, Bytes.Filled(Sector.SizeBytes, 1));
        Assert.Single(oracles["left"].Findings);
    }

    private static async Task<IReadOnlyList<string>> FindingsOfAsync(
        int seed, Func<IBlockDevice, IBlockDevice> decorate)
    {
        var time = TimeProvider.System;

        var disk = new SimulatedDisk(ByteSize.FromKiB(32), seed);
        var oracle = new DiskOracle(disk.Capacity);
        var device = new OracleDevice(decorate(new SimulatedDevice(disk, time)), oracle);
        for (byte round = 1; round <= 2; round++)
        {
            await device.WriteAsync(0, Bytes.Batch(Bytes.Filled(4096, round)), forceUnitAccess: false);
            await device.FlushAsync();
        }

        disk.Crash();
        await new OracleDevice(decorate(new SimulatedDevice(disk, time)), oracle).CheckCrashAsync();
        return oracle.Findings;
    }
}
