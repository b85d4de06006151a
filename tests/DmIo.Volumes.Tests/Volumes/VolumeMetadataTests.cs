using Akka.Actor;
using DmIo.Actors.Client;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using DmIo.Volumes.Actors;
using DmIo.Volumes.Client;
using DmIo.Volumes.Dump;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Volumes that are renamed and destroyed, and devices that two volumes want.</summary>
public sealed class VolumeMetadataTests : IAsyncLifetime
{
    private static readonly VolumeOptions Options = new() { Name = "v", Legs = ["a", "b"], Witnesses = ["w"] };

    private readonly ActorSystem system = ActorSystem.Create("metadata");
    private readonly FaultyDevice faulty = new(new MemoryDevice(ByteSize.FromMiB(16)), seed: 1);

    private DmIoService Service => DmIoService.For(system);

    public async Task InitializeAsync()
    {
        await Service.AttachAsync("a", faulty);
        await Service.AttachAsync("b", new MemoryDevice(ByteSize.FromMiB(16)));
        await Service.AttachAsync("w", new MemoryDevice(ByteSize.FromMiB(16)));
        await Service.CreateVolumeAsync(Options);
    }

    public async Task DisposeAsync() => await system.Terminate();

    [Fact]
    public async Task A_renamed_volume_has_the_name_on_every_member_and_opens()
    {
        await Service.RenameVolumeAsync(Options, "other");

        Assert.All(await InspectAsync(), found => Assert.Equal("other", found.Reading.Superblock!.Name));
        await using var volume = await Service.OpenVolumeAsync(Options);
        Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
    }

    [Fact]
    public async Task A_volume_is_renamed_only_with_all_of_its_members()
    {
        var missing = await Assert.ThrowsAsync<VolumeException>(() =>
            Service.RenameVolumeAsync(Options with { Witnesses = [] }, "other"));
        var name = await Assert.ThrowsAsync<VolumeException>(() =>
            Service.RenameVolumeAsync(Options, new string('x', 65)));

        Assert.Contains("Missing: witness 8", missing.Message);
        Assert.Contains("at most 64 bytes", name.Message);
        Assert.All(await InspectAsync(), found => Assert.Equal("v", found.Reading.Superblock!.Name));
    }

    [Fact]
    public async Task A_rename_that_was_interrupted_is_repeated()
    {
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write) });
        var failed = await Assert.ThrowsAsync<VolumeException>(() =>
            Service.RenameVolumeAsync(Options with { Legs = ["b", "a"] }, "other"));
        faulty.Heal();

        await Service.RenameVolumeAsync(Options, "other");

        Assert.True(failed.IsPartial);
        Assert.All(await InspectAsync(), found => Assert.Equal("other", found.Reading.Superblock!.Name));
    }

    [Fact]
    public async Task A_destroyed_volume_is_no_volume_and_its_devices_can_be_used_again()
    {
        await Service.DestroyVolumeAsync(Options);

        Assert.All(await InspectAsync(), found => Assert.True(found.Reading.IsBlank));
        var refused = await Assert.ThrowsAsync<VolumeException>(() => Service.DestroyVolumeAsync(Options));
        Assert.Contains("No device is a leg", refused.Message);
        await Service.CreateVolumeAsync(Options);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_destruction_that_was_interrupted_is_repeated(int erased)
    {
        faulty.Add(new FaultRule { Filter = OperationFilter.On(IoOperation.Write), After = erased });
        var failed = await Assert.ThrowsAsync<VolumeException>(() => Service.DestroyVolumeAsync(Options));
        faulty.Heal();

        await Service.DestroyVolumeAsync(Options);

        Assert.True(failed.IsPartial);
        Assert.All(await InspectAsync(), found => Assert.True(found.Reading.IsBlank));
    }

    [Fact]
    public async Task The_devices_of_an_open_volume_are_not_used_by_another_command()
    {
        var volume = await Service.OpenVolumeAsync(Options);
        Func<Task>[] commands =
        [
            () => Service.OpenVolumeAsync(Options with { Name = "again" }),
            () => Service.CreateVolumeAsync(Options with { Legs = ["b"], Witnesses = [], Force = true }),
            () => Service.RenameVolumeAsync(Options, "other"),
            () => Service.DestroyVolumeAsync(Options),
            () => Service.StopVolumeAsync(Options with { Name = "again" }),
        ];

        foreach (var command in commands)
        {
            var refused = await Assert.ThrowsAsync<VolumeException>(command);
            Assert.Contains("belongs to the volume 'v', which is open", refused.Message);
        }

        await volume.DisposeAsync();
        await Service.RenameVolumeAsync(Options, "other");
    }

    private async Task<IReadOnlyList<LegInspection>> InspectAsync()
    {
        await using var client = await Service.OpenAsync(8);
        var found = new List<LegInspection>();
        foreach (var device in Options.Members)
        {
            found.Add(await LegInspection.ReadAsync(client, device, await AttachedDevices.OfAsync(Service)));
        }

        return found;
    }
}
