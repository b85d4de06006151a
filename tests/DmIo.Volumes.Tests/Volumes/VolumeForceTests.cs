using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Client;
using DmIo.Volumes.Dump;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Volumes that an operator forces, and the lineages that follow from it.</summary>
public sealed class VolumeForceTests : VolumeServiceTests
{
    private static readonly VolumeOptions Three = new() { Name = "v", Legs = ["a", "b", "c"] };

    private readonly Dictionary<string, MemoryDevice> memories = [];
    private readonly Dictionary<string, FaultyDevice> faults = [];

    public override async Task InitializeAsync()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            memories[name] = new MemoryDevice(ByteSize.FromMiB(16));
            faults[name] = new FaultyDevice(memories[name], seed: 1);
            await Service.AttachAsync(name, faults[name]);
        }
    }

    [Fact]
    public async Task A_minority_leg_becomes_a_volume_of_its_own()
    {
        await CreateAsync(Three);
        var parent = (await SuperblockAsync("c")).Accepted!;

        var forced = await Service.ForceVolumeAsync(Three with { Legs = ["c"] });

        Assert.Equal("c", forced.Source);
        var record = (await SuperblockAsync("c")).Accepted!;
        Assert.Equal(forced.Record, record);
        Assert.Equal((parent.Lineage, MemberSet.Of(2), false), (record.ParentLineage, record.InSync, record.IsClean));
        Assert.NotEqual(parent.Lineage, record.Lineage);
        Assert.True(record.Version > parent.Version);
        Assert.Equal(MemberSet.Of(2), record.Configuration.Voters);
        await using var volume = await Service.OpenVolumeAsync(Three with { Legs = ["c"] });
        Assert.Equal(7, await ReadAsync());
        Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
    }

    [Fact]
    public async Task Legs_that_are_not_named_are_forked_and_neither_used_nor_changed()
    {
        await CreateAsync(Three);
        await Service.ForceVolumeAsync(Three with { Legs = ["c"] });
        var (a, b) = (BytesOf("a"), BytesOf("b"));

        await using (var volume = await Service.OpenVolumeAsync(Three))
        {
            await WriteAsync(8);
            var status = await volume.GetStatusAsync();
            Assert.Equal(
                [("c", LegState.InSync), ("a", LegState.Forked), ("b", LegState.Forked)],
                status.Legs.Select(leg => (leg.Device, leg.State)));
            Assert.Equal(VolumeState.Healthy, status.State);
        }

        Assert.Equal(a, BytesOf("a"));
        Assert.Equal(b, BytesOf("b"));
        await Service.DetachAsync("c");
        await using var parent = await Service.OpenVolumeAsync(Three with { Legs = ["a", "b"] });
        Assert.Equal(7, await ReadAsync());
    }

    [Fact]
    public async Task A_forked_leg_that_comes_while_the_volume_is_open_is_not_used()
    {
        await CreateAsync(Three);
        await Service.ForceVolumeAsync(Three with { Legs = ["c"] });
        var before = BytesOf("a");
        await Service.DetachAsync("a");

        await using var volume = await Service.OpenVolumeAsync(Three with { Legs = ["c", "a"] });
        Assert.Single((await volume.GetStatusAsync()).Legs);
        await Service.AttachAsync("a", new FaultyDevice(Copy(before), seed: 1));
        var status = await UntilAsync(volume, status => status.Legs.Count > 1);

        await WriteAsync(9);
        Assert.Equal(("a", LegState.Forked), (status.Legs[1].Device, status.Legs[1].State));
        await using var client = await Service.OpenAsync(8);
        var data = new byte[4096];
        (await client.ReadAsync(new IoRegion("a", 2048 + 100, 8), data)).ThrowIfFailed();
        Assert.Equal(7, data[0]);
    }

    [Fact]
    public async Task Lineages_that_do_not_come_from_each_other_are_refused_by_name()
    {
        await CreateAsync(Three);
        var first = await Service.ForceVolumeAsync(Three with { Legs = ["c"] });
        var second = await Service.ForceVolumeAsync(Three with { Legs = ["a"] });

        var refused = await Assert.ThrowsAsync<VolumeException>(() => Service.OpenVolumeAsync(Three));
        Assert.Contains($"{first.Record.Lineage} has 'c'", refused.Message);
        Assert.Contains($"{second.Record.Lineage} has 'a'", refused.Message);
        var forced = await Assert.ThrowsAsync<VolumeException>(() => Service.ForceVolumeAsync(Three));
        Assert.Contains("lineages that do not come from each other", forced.Message);
        await using var volume = await Service.OpenVolumeAsync(Three with { Legs = ["c", "b"] });
        Assert.Equal(["c", "b"], (await volume.GetStatusAsync()).Legs.Select(leg => leg.Device));
    }

    [Fact]
    public async Task The_newest_leg_is_the_source_and_the_others_get_all_of_it()
    {
        await CreateAsync(Three);
        var volume = await Service.OpenVolumeAsync(Three);
        faults["b"].Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) });
        await WriteAsync(8);
        await volume.DisposeAsync();
        faults["b"].Heal();
        Write("b", sector: 8000, 99);

        var forced = await Service.ForceVolumeAsync(Three with { Legs = ["b", "c"] });

        Assert.Equal("c", forced.Source);
        Assert.Equal(LegState.Outdated, (await SuperblockAsync("b")).State);
        await using var child = await Service.OpenVolumeAsync(Three with { Legs = ["b", "c"] });
        await UntilAsync(child, status => status.State == VolumeState.Healthy);
        Assert.Equal(8, await ReadAsync());
        Assert.Equal(BytesOf("c")[(1 << 20)..], BytesOf("b")[(1 << 20)..]);
    }

    [Fact]
    public async Task An_outdated_leg_can_be_forced_alone()
    {
        await CreateAsync(Three);
        var volume = await Service.OpenVolumeAsync(Three);
        faults["b"].Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) });
        await WriteAsync(8);
        await volume.DisposeAsync();
        faults["b"].Heal();
        await Service.ForceVolumeAsync(Three with { Legs = ["b"] });
        await using var child = await Service.OpenVolumeAsync(Three with { Legs = ["b"] });
        Assert.Equal(7, await ReadAsync());
    }

    [Fact]
    public async Task A_blank_leg_is_refused_as_the_source_unless_it_is_allowed()
    {
        Write("a", sector: 9000, 1);
        await Service.CreateVolumeAsync(Three);
        var options = Three with { Legs = ["b"] };
        var refused = await Assert.ThrowsAsync<VolumeException>(() => Service.ForceVolumeAsync(options));
        Assert.Contains("'b' is Blank", refused.Message);
        Assert.Equal(LegState.Blank, (await SuperblockAsync("b")).State);
        var forced = await Service.ForceVolumeAsync(options with { AllowInconsistentSource = true });
        Assert.Equal("b", forced.Source);
        await using var volume = await Service.OpenVolumeAsync(options);
    }

    [Fact]
    public async Task A_force_that_was_interrupted_is_ended_by_repeating_it()
    {
        await CreateAsync(Three);
        var options = Three with { Legs = ["a", "b"] };
        faults["b"].Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) });
        var failed = await Assert.ThrowsAsync<VolumeException>(() => Service.ForceVolumeAsync(options));
        Assert.True(failed.IsPartial);
        var begun = (await SuperblockAsync("a")).Accepted!;
        faults["b"].Heal();

        var forced = await Service.ForceVolumeAsync(options);

        Assert.Equal(begun, forced.Record);
        Assert.Equal(begun, (await SuperblockAsync("b")).Accepted);
        Assert.Equal(begun, (await Service.ForceVolumeAsync(options)).Record);
        await using var volume = await Service.OpenVolumeAsync(options);
        await UntilAsync(volume, status => status.State == VolumeState.Healthy);
        Assert.Equal(7, await ReadAsync());
    }

    [Fact]
    public async Task Legs_of_a_volume_that_is_open_are_not_forced()
    {
        await Service.CreateVolumeAsync(Three);
        await using var volume = await Service.OpenVolumeAsync(Three);
        await Assert.ThrowsAsync<VolumeException>(
            () => Service.ForceVolumeAsync(Three with { Name = "w", Legs = ["c"] }));
    }

    [Fact]
    public async Task A_witness_is_named_as_one_and_votes()
    {
        await Service.AttachAsync("w", new MemoryDevice(ByteSize.FromKiB(16)));
        var options = Three with { Witnesses = ["w"] };
        await CreateAsync(options);
        var wrong = await Assert.ThrowsAsync<VolumeException>(
            () => Service.ForceVolumeAsync(options with { Legs = ["w"], Witnesses = [] }));
        Assert.Contains("'w' is a witness", wrong.Message);

        var forced = await Service.ForceVolumeAsync(options with { Legs = ["c"] });

        Assert.Equal(2, forced.Record.Configuration.Voters.Count);
        await using var volume = await Service.OpenVolumeAsync(options with { Legs = ["c"] });
        Assert.Equal(7, await ReadAsync());
    }

    [Fact]
    public async Task A_closed_volume_is_described_by_the_child_lineage()
    {
        await CreateAsync(Three);
        await Service.ForceVolumeAsync(Three with { Legs = ["c"] });
        await using var client = await Service.OpenAsync(8);
        var closed = ClosedVolume.Of(
        [
            await LegInspection.ReadAsync(client, "a", await AttachedAsync()),
            await LegInspection.ReadAsync(client, "c", await AttachedAsync()),
        ]);
        Assert.Equal(MemberSet.Of(2), closed.Record.InSync);
        Assert.Equal(
            [("c", LegState.InSync), ("a", LegState.Forked)],
            closed.Legs.Select(leg => (leg.Devices!.Data, leg.State)));
    }

    private async Task CreateAsync(VolumeOptions options)
    {
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(7);
    }

    private async Task<Superblock> SuperblockAsync(string device)
    {
        await using var client = await Service.OpenAsync(8);
        return (await LegStore.OpenAsync(client, device, await AttachedAsync())).Superblock;
    }

    private void Write(string leg, long sector, byte value)
    {
        var bytes = new byte[512];
        Array.Fill(bytes, value);
        var batch = new SegmentBatch();
        batch.Add(bytes);
        Assert.True(memories[leg].WriteAsync(sector, batch, forceUnitAccess: false).AsTask().Result.Status.IsOk);
    }

    private byte[] BytesOf(string leg)
    {
        var bytes = new byte[16 << 20];
        var batch = new SegmentBatch();
        batch.Add(bytes);
        Assert.True(memories[leg].ReadAsync(0, batch).AsTask().Result.Status.IsOk);
        return bytes;
    }

    private static MemoryDevice Copy(byte[] bytes)
    {
        var memory = new MemoryDevice(ByteSize.FromBytes(bytes.Length));
        var batch = new SegmentBatch();
        batch.Add(bytes);
        Assert.True(memory.WriteAsync(0, batch, forceUnitAccess: false).AsTask().Result.Status.IsOk);
        return memory;
    }
}
