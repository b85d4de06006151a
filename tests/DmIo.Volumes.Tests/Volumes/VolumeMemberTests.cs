using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Client;
using DmIo.Volumes.Record;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Legs and witnesses are added to an open volume, replaced and removed.</summary>
public sealed class VolumeMemberTests : VolumeServiceTests
{
    [Fact]
    public async Task A_leg_that_is_added_holds_the_data_when_it_is_in_sync()
    {
        var options = await CreateAsync("a", "b");
        await using (var volume = await Service.OpenVolumeAsync(options))
        {
            await WriteAsync(7);
            await AttachAsync("c");
            await volume.AddLegAsync("c");
            await UntilAsync(volume, VolumeState.Healthy);
            Assert.Equal(["a", "b", "c"], (await volume.GetStatusAsync()).Legs.Select(leg => leg.Device));
        }

        await Service.DetachAsync("a");
        await using var without = await Service.OpenVolumeAsync(options with { Legs = ["b", "c"] });
        Assert.Equal(7, await ReadAsync());
    }

    [Fact]
    public async Task A_leg_that_was_removed_is_no_member_any_more_and_two_legs_run_on()
    {
        var options = await CreateAsync("a", "b", "c");
        await using (var volume = await Service.OpenVolumeAsync(options))
        {
            await WriteAsync(7);
            await volume.RemoveAsync("c");
            await WriteAsync(8);
            await UntilAsync(volume, VolumeState.Healthy);
        }

        await Assert.ThrowsAsync<VolumeException>(() => Service.OpenVolumeAsync(options with { Legs = ["c"] }));
        await using var two = await Service.OpenVolumeAsync(options with { Legs = ["a", "b"] });
        Assert.Equal(8, await ReadAsync());
        Assert.Equal(VolumeState.Healthy, (await two.GetStatusAsync()).State);
    }

    [Fact]
    public async Task A_leg_that_was_lost_is_replaced_while_the_volume_serves()
    {
        var faulty = new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);
        await Service.AttachAsync("c", faulty);
        await AttachAsync("a", "b");
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b", "c"] };
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(1);
        faulty.Add(new FaultRule());
        await WriteAsync(2);
        await AttachAsync("d");
        await volume.ReplaceLegAsync(2, "d");
        var status = await volume.GetStatusAsync();
        Assert.Equal(["a", "b", "d"], status.Legs.Select(leg => leg.Device));
        Assert.All(status.Legs, leg => Assert.Equal(LegState.InSync, leg.State));
        Assert.Equal(2, await ReadAsync());
    }

    [Fact]
    public async Task A_witness_that_is_added_lets_a_volume_of_two_legs_open_with_one()
    {
        var options = await CreateAsync("a", "b");
        await Service.AttachAsync("w", new MemoryDevice(ByteSize.FromMiB(1)));
        await using (var volume = await Service.OpenVolumeAsync(options))
        {
            await WriteAsync(7);
            await volume.AddWitnessAsync("w");
        }

        await using var one = await Service.OpenVolumeAsync(options with { Legs = ["b"], Witnesses = ["w"] });
        Assert.Equal(7, await ReadAsync());
    }

    [Fact]
    public async Task A_leg_that_is_too_small_or_used_is_refused()
    {
        var options = await CreateAsync("a", "b");
        await using var volume = await Service.OpenVolumeAsync(options);
        await Service.AttachAsync("small", new MemoryDevice(ByteSize.FromMiB(4)));
        var small = await Assert.ThrowsAsync<VolumeException>(() => volume.AddLegAsync("small"));
        Assert.Contains("has room for", small.Message);
        var used = await Assert.ThrowsAsync<VolumeException>(() => volume.AddLegAsync("a"));
        Assert.Contains("belongs to the volume 'v' already", used.Message);
        await Assert.ThrowsAsync<VolumeException>(() => volume.RemoveAsync("small"));
        await volume.RemoveAsync("b");
        await Assert.ThrowsAsync<VolumeException>(() => volume.RemoveAsync("a"));
    }

    /// <summary>A process that was killed during the change has made the device a member.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leg_that_is_added_again_after_an_interruption_is_the_same_member(bool force)
    {
        var options = await CreateAsync("a", "b");
        await AttachAsync("c");
        await using (var interrupted = await Service.OpenVolumeAsync(options))
        {
            await WriteAsync(7);
            await interrupted.AddLegAsync("c");
        }

        await using var volume = await Service.OpenVolumeAsync(options);
        await volume.AddLegAsync("c", new MemberOptions(Force: force));
        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Equal(["a", "b", "c"], (await volume.GetStatusAsync()).Legs.Select(leg => leg.Device));
        await volume.RemoveAsync("a");
        await volume.RemoveAsync("b");
        Assert.Equal(7, await ReadAsync());
    }

    /// <summary>The voters cannot store the change, and the volume takes itself over when they can.</summary>
    [Fact]
    public async Task A_change_survives_that_the_volume_takes_itself_over()
    {
        var faulty = Enumerable.Range(0, 2)
            .Select(seed => new FaultyDevice(new MemoryDevice(ByteSize.FromMiB(16)), seed)).ToArray();
        await Service.AttachAsync("a", faulty[0]);
        await Service.AttachAsync("b", faulty[1]);
        await AttachAsync("c");
        var options = new VolumeOptions { Name = "v", Legs = ["a", "b"] };
        await Service.CreateVolumeAsync(options);
        await using var volume = await Service.OpenVolumeAsync(options);
        await WriteAsync(7);
        Array.ForEach(faulty, one => one.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) }));
        var adding = volume.AddLegAsync("c");
        await UntilAsync(volume, status => status.Suspension is not null);
        Array.ForEach(faulty, one => one.Heal());
        await adding.WaitAsync(TimeSpan.FromSeconds(60));
        await UntilAsync(volume, VolumeState.Healthy);
        Assert.Equal(7, await ReadAsync());
    }

    [Fact]
    public async Task A_device_that_was_added_is_used_by_no_other_volume_until_it_is_removed()
    {
        await using var volume = await Service.OpenVolumeAsync(await CreateAsync("a", "b"));
        await AttachAsync("c", "w");
        await volume.AddLegAsync("c");
        await volume.AddWitnessAsync("w");
        var other = new VolumeOptions { Name = "other", Legs = ["c"], Force = true };
        var used = await Assert.ThrowsAsync<VolumeException>(() => Service.CreateVolumeAsync(other));
        Assert.Contains("'c' belongs to the volume 'v', which is open", used.Message);
        await Assert.ThrowsAsync<VolumeException>(() => Service.DestroyVolumeAsync(other with { Legs = ["w"] }));
        await volume.RemoveAsync("w");
        await volume.RemoveAsync(2);
        await Service.CreateVolumeAsync(other);
        await Service.CreateVolumeAsync(other with { Legs = ["w"] });
    }

    [Fact]
    public async Task A_device_of_another_open_volume_is_not_added_and_one_that_was_refused_is_free()
    {
        await using var volume = await Service.OpenVolumeAsync(await CreateAsync("a", "b"));
        await AttachAsync("c");
        var other = new VolumeOptions { Name = "other", Legs = ["c"] };
        await Service.CreateVolumeAsync(other);
        await using (await Service.OpenVolumeAsync(other))
        {
            var used = await Assert.ThrowsAsync<VolumeException>(
                () => volume.AddLegAsync("c", new MemberOptions(Force: true)));
            Assert.Contains("'c' belongs to the volume 'other', which is open", used.Message);
        }

        await Assert.ThrowsAsync<VolumeException>(() => volume.AddLegAsync("c"));
        await Service.DestroyVolumeAsync(other);
    }

    private async Task<VolumeOptions> CreateAsync(params string[] legs)
    {
        await AttachAsync(legs);
        var options = new VolumeOptions { Name = "v", Legs = [.. legs] };
        await Service.CreateVolumeAsync(options);
        return options;
    }
}
