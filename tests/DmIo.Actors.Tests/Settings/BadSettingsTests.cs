using Akka.Configuration;
using DmIo.Actors.Configuration;
using Xunit;

namespace DmIo.Actors.Tests.Settings;

/// <summary>The start reports every error with the full path of the key, its value, and the valid values.</summary>
public sealed class BadSettingsTests
{
    private const string Disk = """
        dmio.devices.disk1 {
          backend = memory
          size = 1MiB
        }

        """;

    [Theory]
    [InlineData("dmio.pol.max-pages = 1", "dmio.pol: no such key", "pool")]
    [InlineData("dmio.pool.max-page = 1", "dmio.pool.max-page: no such key", "check, max-pages, slab-pages")]
    [InlineData("dmio.device-defaults.queue = 1", "dmio.device-defaults.queue: no such key", "queue-depth")]
    [InlineData("dmio.device-defaults.size = 1MiB", "dmio.device-defaults.size: no such key", "create-size")]
    [InlineData("dmio.device-defaults.delay.reed = 1s", "dmio.device-defaults.delay.reed: no such key", "read")]
    [InlineData("dmio.fault-defaults.error = 1", "dmio.fault-defaults.error: no such key", "errno")]
    [InlineData(Disk + "dmio.devices.disk1.sise = 1", "dmio.devices.disk1.sise: no such key", "size")]
    [InlineData(Disk + "dmio.devices.disk1.path = x", "dmio.devices.disk1.path: no such key", "size")]
    [InlineData(Disk + "dmio.devices.disk1.direct = on", "dmio.devices.disk1.direct: no such key", "size")]
    [InlineData(Disk + "dmio.devices.disk1.mode = ring", "dmio.devices.disk1.mode: no such key", "size")]
    [InlineData(Disk + "dmio.devices.disk1.delay.all = 1s", "dmio.devices.disk1.delay.all: no such key", "flush, read")]
    [InlineData(
        Disk + "dmio.devices.disk1.faults = [ { when = now } ]",
        "dmio.devices.disk1.faults[0].when: no such key",
        "after")]
    public void An_unknown_key_is_refused_with_its_path_and_the_known_ones(string hocon, string place, string known)
    {
        var message = FaultOf(hocon);

        Assert.StartsWith(place, message, StringComparison.Ordinal);
        Assert.Contains(known, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dmio = 5", "dmio is '5'", "a block")]
    [InlineData("dmio.pool = big", "dmio.pool is 'big'", "a block")]
    [InlineData("dmio.pool.max-pages = 0", "dmio.pool.max-pages is '0'", "from 1 to")]
    [InlineData("dmio.pool.max-pages = \"1\\u0000\"", "dmio.pool.max-pages is '1\0'", "a whole number")]
    [InlineData("dmio.fault-defaults.probability = \"1\\u0000\"", "dmio.fault-defaults.probability is '1\0'", "0 to 1")]
    [InlineData("dmio.pool.max-pages = many", "dmio.pool.max-pages is 'many'", "a whole number")]
    [InlineData("dmio.pool.max-pages = 4294967297", "dmio.pool.max-pages is '4294967297'", "to 2147483647")]
    [InlineData("dmio.pool.max-pages = { a = 1 }", "dmio.pool.max-pages is a block", "a whole number")]
    [InlineData("dmio.pool.max-pages = [1]", "dmio.pool.max-pages is a list", "a whole number")]
    [InlineData("dmio.pool.slab-pages = -1", "dmio.pool.slab-pages is '-1'", "from 1 to")]
    [InlineData("dmio.shutdown-timeout = 5", "dmio.shutdown-timeout is '5'", "such as 10ms")]
    [InlineData("dmio.shutdown-timeout = 2h", "dmio.shutdown-timeout is '2h'", "to 3600s")]
    [InlineData("dmio.shutdown-timeout = infinite", "dmio.shutdown-timeout is 'infinite'", "a duration")]
    [InlineData("dmio.device-defaults.queue-depth = 0", "dmio.device-defaults.queue-depth is '0'", "1 to 65536")]
    [InlineData("dmio.device-defaults.latency-target = 2m", "dmio.device-defaults.latency-target is '2m'", "to 60s")]
    [InlineData("dmio.device-defaults.stuck = maybe", "dmio.device-defaults.stuck is 'maybe'", "on or off")]
    [InlineData("dmio.device-defaults.mode = own", "dmio.device-defaults.mode is 'own'", "auto, inline, ring, threads")]
    [InlineData("dmio.device-defaults.direct = yes", "dmio.device-defaults.direct is 'yes'", "on or off")]
    [InlineData("dmio.device-defaults.faults = none", "dmio.device-defaults.faults is 'none'", "a list of blocks")]
    [InlineData("dmio.device-defaults.create-size = 100", "dmio.device-defaults.create-size is '100'", "512")]
    [InlineData("dmio.fault-defaults.probability = 2", "dmio.fault-defaults.probability is '2'", "0 to 1")]
    [InlineData("dmio.fault-defaults.probability = NaN", "dmio.fault-defaults.probability is 'NaN'", "0 to 1")]
    [InlineData("dmio.fault-defaults.operations = [wipe]", "dmio.fault-defaults.operations is 'wipe'", "write-zeroes")]
    [InlineData(
        "dmio.fault-defaults.operations = []", "dmio.fault-defaults.operations is an empty list", "one or more")]
    [InlineData(
        "x = none\ndmio.device-defaults.faults = ${x} # why", "dmio.device-defaults.faults is 'none'", "a list")]
    [InlineData("dmio.device-defaults.faults = [] x", "dmio.device-defaults.faults is a list with", "a list of blocks")]
    [InlineData("dmio.fault-defaults.operations = [ ] ", "dmio.fault-defaults.operations is an empty list", "one or")]
    [InlineData("dmio.fault-defaults.operations = read", "dmio.fault-defaults.operations is 'read'", "a list")]
    [InlineData("dmio.fault-defaults.count = some", "dmio.fault-defaults.count is 'some'", "or all")]
    [InlineData("dmio.fault-defaults.times = -1", "dmio.fault-defaults.times is '-1'", "or unlimited")]
    [InlineData("dmio.fault-defaults.errno = 0", "dmio.fault-defaults.errno is '0'", "1 to 4095")]
    [InlineData("dmio.devices = [a]", "dmio.devices is a list", "a block")]
    [InlineData("dmio.devices.disk1 = memory", "dmio.devices.disk1 is 'memory'", "a block")]
    [InlineData(Disk + "dmio.devices.disk1.backend = tape", "dmio.devices.disk1.backend is 'tape'", "file, null")]
    [InlineData(Disk + "dmio.devices.disk1.size = 1000", "dmio.devices.disk1.size is '1000'", "multiple of 512")]
    [InlineData(Disk + "dmio.devices.disk1.size = 0", "dmio.devices.disk1.size is '0'", "multiple of 512")]
    [InlineData(Disk + "dmio.devices.disk1.size = 9EiB", "dmio.devices.disk1.size is '9EiB'", "multiple of 512")]
    [InlineData(Disk + "dmio.devices.disk1.faults = [1]", "dmio.devices.disk1.faults[0] is '1'", "a block")]
    [InlineData(
        Disk + "dmio.devices.disk1.faults = [ { after = x } ]", "dmio.devices.disk1.faults[0].after is 'x'", "a whole")]
    public void An_invalid_value_is_refused_with_its_path_and_valid_values(string hocon, string place, string expected)
    {
        var message = FaultOf(hocon);

        Assert.StartsWith(place, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dmio.devices.a.size = 512", "dmio.devices.a.backend is missing", "memory, file, null")]
    [InlineData("dmio.devices.a.backend = memory", "dmio.devices.a.size is missing", "64MiB")]
    [InlineData("dmio.devices.a.backend = file", "dmio.devices.a.path is missing", "path of a file")]
    [InlineData("dmio.devices.\"a.b\".backend = null", "dmio.devices.\"a.b\".size is missing", "64MiB")]
    public void A_missing_key_is_named_with_its_path_and_what_it_must_be(string hocon, string place, string expected)
    {
        var message = FaultOf(hocon);

        Assert.StartsWith(place, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bakend = memory, size = 1MiB", "bakend", "backend")]
    [InlineData("backend = memory, sise = 1MiB, queue-depth = 2", "sise", "size")]
    [InlineData("backend = file, pth = x, create-size = 1MiB, delay { read = 1s }", "pth", "path")]
    [InlineData("backend = uri, ury = \"nbd://host\", nbd { connections = 2 }", "ury", "uri")]
    public void A_misspelled_required_key_is_named_as_it_is_written(
        string block, string written, string missing)
    {
        var message = FaultOf($"dmio.devices.a {{ {block} }}");

        Assert.StartsWith(
            $"dmio.devices.a.{written}: no such key; dmio.devices.a.{missing} is missing.",
            message,
            StringComparison.Ordinal);
    }

    private static string FaultOf(string hocon) => Assert.Throws<ConfigurationException>(
        () => DmIoSettings.Read(ConfigurationFactory.ParseString(hocon))).Message;
}
