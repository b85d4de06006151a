using Akka.Actor;
using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Io;
using DmIo.Testing.Peers;
using DmIo.Volumes.Client;
using DmIo.Volumes.Configuration;
using Xunit;

namespace DmIo.Volumes.Tests.Volumes;

/// <summary>Volumes of <c>dmio.volumes</c>.</summary>
public sealed class ConfiguredVolumeTests : IDisposable
{
    private const string Devices = """
        dmio.devices {
          a { backend = memory, size = 16MiB }
          b { backend = memory, size = 16MiB }
          w { backend = memory, size = 16KiB }
        }

        """;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_configured_volume_is_opened_once_and_closed_with_the_system()
    {
        var system = ActorSystem.Create("configured", ConfigurationFactory.ParseString(
            Devices + "dmio.volumes.disk { legs = [a, b], witness = w, pages = 128 }"));
        var service = DmIoService.For(system);
        await service.CreateVolumeAsync(new VolumeOptions { Name = "disk", Legs = ["a", "b"], Witnesses = ["w"] });

        var opened = await service.OpenConfiguredVolumesAsync();
        var again = await service.OpenConfiguredVolumesAsync();

        var volume = Assert.Single(opened);
        Assert.Empty(again);
        Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
        Assert.Contains("disk", (await service.GetDevicesAsync()).Select(device => device.Name));
        await system.Terminate();
        await volume.DisposeAsync();
    }

    [Fact]
    public async Task A_leg_may_have_external_metadata()
    {
        var system = ActorSystem.Create("configured", ConfigurationFactory.ParseString(
            Devices + "dmio.devices.m { backend = memory, size = 1MiB }\n"
            + "dmio.volumes.disk { legs = [\"a;metadata=m\"] }"));
        var service = DmIoService.For(system);
        await service.ImportVolumeAsync(new VolumeOptions { Name = "disk", Legs = [new LegDevices("a", "m")] });

        var volume = Assert.Single(await service.OpenConfiguredVolumesAsync());

        Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
        await system.Terminate();
    }

    [Fact]
    public async Task A_witness_may_be_the_path_of_a_file_and_may_be_missing()
    {
        var path = directory.SparseFile("witness", 16 << 10);
        var system = ActorSystem.Create("configured", ConfigurationFactory.ParseString(
            Devices + $"dmio.volumes.disk {{ legs = [a, b], witnesses = [\"{path}\", \"{path}.none\"] }}"));
        var service = DmIoService.For(system);
        await service.AttachAsync("other", new DmIo.Devices.MemoryDevice(ByteSize.FromKiB(16)));
        await service.AttachAsync(path, DmIo.Devices.Files.FileDevice.Open(new() { Path = path }));
        await service.CreateVolumeAsync(
            new VolumeOptions { Name = "disk", Legs = ["a", "b"], Witnesses = [path, "other"] });
        await service.DetachAsync(path);

        var volume = Assert.Single(await service.OpenConfiguredVolumesAsync());

        Assert.Equal(VolumeState.Healthy, (await volume.GetStatusAsync()).State);
        Assert.Contains(path, (await service.GetDevicesAsync()).Select(device => device.Name));
        await system.Terminate();
    }

    [Fact]
    public async Task A_volume_that_cannot_be_opened_is_named_and_the_others_are_closed()
    {
        var system = ActorSystem.Create("configured", ConfigurationFactory.ParseString(
            Devices + "dmio.volumes { disk.legs = [a], zero.legs = [b] }"));
        var service = DmIoService.For(system);
        await service.CreateVolumeAsync(new VolumeOptions { Name = "disk", Legs = ["a"] });

        var fault = await Assert.ThrowsAsync<ConfigurationException>(service.OpenConfiguredVolumesAsync);

        Assert.StartsWith("dmio.volumes.zero can't be put into service. No leg of the volume 'zero'", fault.Message);
        Assert.DoesNotContain("disk", (await service.GetDevicesAsync()).Select(device => device.Name));
        await system.Terminate();
    }

    [Theory]
    [InlineData("{ }", "dmio.volumes.v.legs is missing. It must be a list of names of devices")]
    [InlineData("{ leg = [a] }", "dmio.volumes.v.leg: no such key")]
    [InlineData("{ legs = a }", "dmio.volumes.v.legs is 'a'")]
    [InlineData("{ legs = [a, a] }", "'a' is named 2 times")]
    [InlineData("{ legs = [a], witness = w, witnesses = [x] }", "has witness and witnesses")]
    [InlineData("{ legs = [a], pages = 63 }", "63 pages; give at least 64")]
    [InlineData("{ legs = [a], pages = many }", "dmio.volumes.v.pages is 'many'. It must be a whole number")]
    [InlineData("{ legs = [a], open-timeout = 5 }", "dmio.volumes.v.open-timeout is '5'")]
    [InlineData("{ legs = [a], open-timeout = 2h }", "open-timeout is '2h'. It must be a duration from 0s to 3600s")]
    [InlineData("{ legs = [a], open-timeout = 50ms }", "OpenTimeout of 'v' is 0.05 s; give 0.1 s to 3600 s")]
    [InlineData("{ legs = [a], leg-timeout = 0s }", "LegTimeout of 'v' is 0 s")]
    [InlineData("{ legs = [a], on-no-quorum = freeze }", "is 'freeze'. It must be one of: suspend, error")]
    [InlineData("{ legs = [a], suspend-deadline = 10ms }", "is 0.01 s; give 0.1 s to 3600 s. 0 is for ever.")]
    [InlineData("{ legs = [a], min-in-sync = 2 }", "MinInSync of 'v' is 2; give 1 to 1, the number of its legs")]
    [InlineData("{ legs = [a], read-quorum = 2 }", "dmio.volumes.v.read-quorum is '2'")]
    [InlineData("{ legs = [a], after-power-loss = never }", "is 'never'. It must be one of: wait, serve")]
    [InlineData(
        "{ legs = [a], after-power-loss = serve, power-loss-timeout = 30s }", "less than its OpenTimeout of 30 s")]
    [InlineData("{ legs = [a], spares = [a] }", "'a' is named 2 times")]
    [InlineData("{ legs = [a], spare-after = 0s }", "SpareAfter of 'v' is 0 s")]
    [InlineData("{ legs = [a], spare-after = 25h }", "spare-after is '25h'. It must be a duration from 0s to 3600s")]
    [InlineData("{ legs = [a], max-resync = fast }", "dmio.volumes.v.max-resync is 'fast'")]
    [InlineData("{ legs = [a], allow-unfenced = perhaps }", "dmio.volumes.v.allow-unfenced is 'perhaps'")]
    [InlineData("{ legs = [\"a@b\"] }", "dmio.volumes.v.legs[0] is 'a@b'")]
    [InlineData("{ legs = [\"a;metadata=b@c\"] }", "dmio.volumes.v.legs[0] is 'a;metadata=b@c'")]
    [InlineData("{ legs = [\"a;metadata=b\", b] }", "'b' is named 2 times")]
    public void An_invalid_setting_is_named_with_its_value_and_the_valid_ones(string block, string message)
    {
        var fault = Assert.Throws<ConfigurationException>(() =>
            VolumeSettings.ReadAll(ConfigurationFactory.ParseString($"dmio.volumes.v {block}")));

        Assert.Contains(message, fault.Message);
    }

    [Fact]
    public void A_volume_has_the_settings_of_its_spares()
    {
        var read = Assert.Single(VolumeSettings.ReadAll(ConfigurationFactory.ParseString(
            "dmio.volumes.v { legs = [a], spares = [b, \"c;metadata=d\"], spare-after = 5s }")));

        Assert.Equal([new LegDevices("b"), new LegDevices("c", "d")], read.Spares);
        Assert.Equal(TimeSpan.FromSeconds(5), read.SpareAfter);
    }

    [Fact]
    public void A_volume_has_the_settings_of_its_block()
    {
        var read = Assert.Single(VolumeSettings.ReadAll(ConfigurationFactory.ParseString("""
            dmio.volumes.v {
              legs = [a, b, c]
              on-no-quorum = error
              suspend-deadline = 0s
              min-in-sync = 2
              read-quorum = on
              after-power-loss = serve
              power-loss-timeout = 5s
            }
            """)));

        Assert.Equal((NoQuorumAction.Error, TimeSpan.Zero, 2), (read.OnNoQuorum, read.SuspendDeadline, read.MinInSync));
        Assert.True(read.ReadQuorum);
        Assert.Equal((PowerLossAction.Serve, TimeSpan.FromSeconds(5)), (read.AfterPowerLoss, read.PowerLossTimeout));
    }

    [Fact]
    public void The_reference_has_the_defaults_of_the_options()
    {
        var read = Assert.Single(VolumeSettings.ReadAll(VolumeSettings.Reference));
        var plain = Assert.Single(VolumeSettings.ReadAll(
            ConfigurationFactory.ParseString("dmio.volumes.v.legs = [a]")));

        Assert.Equal(["disk-a", "disk-b", "disk-c"], read.Legs);
        var defaults = new VolumeOptions { Name = "v", Legs = plain.Legs, Witnesses = plain.Witnesses };
        Assert.Equal(defaults, plain);
    }
}
