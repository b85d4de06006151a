using Akka.Configuration;
using DmIo.Actors.Client;
using DmIo.Actors.Configuration;
using Xunit;

namespace DmIo.Actors.Tests.Settings;

/// <summary>Settings outside the block dmio have no effect; a warning names them and the likely mistake.</summary>
public sealed class MisplacedSettingsTests : Akka.TestKit.Xunit2.TestKit
{
    public MisplacedSettingsTests()
        : base("DMIO.devices.disk { backend = memory, size = 4KiB }")
    {
    }

    [Theory]
    [InlineData("DMIO.devices.disk { backend = memory }", "'DMIO' has no effect", "Write dmio.")]
    [InlineData("DmIo { pool.max-pages = 4 }", "'DmIo' has no effect", "Write dmio.")]
    [InlineData("DMIO.Devices.disk { backend = memory }", "'DMIO' has no effect", "Write dmio.")]
    [InlineData("devices.disk { backend = memory }", "'devices' has no effect", "write dmio.devices.")]
    [InlineData("devices.disk { backend = null }", "'devices' has no effect", "write dmio.devices.")]
    [InlineData("disk { backend = file, path = x }", "'disk' has no effect", "write dmio.devices.disk.")]
    [InlineData("pool.max-pages = 4", "'pool' has no effect", "write dmio.pool.")]
    [InlineData("device-defaults.mode = threads", "'device-defaults' has no effect", "write dmio.device-defaults.")]
    [InlineData("nbd-servers.a.exports { }", "'nbd-servers' has no effect", "write dmio.nbd-servers.")]
    [InlineData("akka { actor { dmio { devices { } } } }", "'akka.actor.dmio' has no effect", "closing brace")]
    public void A_misplaced_setting_is_named_with_the_likely_mistake(string hocon, string place, string mistake)
    {
        var fault = Assert.Single(MisplacedSettings.Find(ConfigurationFactory.ParseString(hocon)));

        Assert.StartsWith(place, fault, StringComparison.Ordinal);
        Assert.Contains(mistake, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dmio.devices.disk { backend = memory, size = 4KiB }")]
    [InlineData("akka.loglevel = INFO")]
    [InlineData("devices { thermometer { address = 7 } }")]
    [InlineData("pool { size = 4 }")]
    [InlineData("application.dmio.title = x")]
    [InlineData("base = \"/data\"")]
    public void Settings_of_other_modules_are_ignored(string hocon) =>
        Assert.Empty(MisplacedSettings.Find(ConfigurationFactory.ParseString(hocon)));

    [Fact]
    public void The_service_warns_of_misplaced_settings_when_it_starts() =>
        EventFilter.Warning(contains: "'DMIO' has no effect").ExpectOne(() => DmIoService.For(Sys));
}
