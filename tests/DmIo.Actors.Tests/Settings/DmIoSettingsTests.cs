using Akka.Configuration;
using DmIo.Actors.Configuration;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Io;
using Xunit;

namespace DmIo.Actors.Tests.Settings;

public sealed class DmIoSettingsTests
{
    private const string OneMemoryDevice = """
        dmio.devices {
          disk1 {
            backend = memory
            size = 64MiB
          }
        }
        """;

    [Fact]
    public void Without_configuration_the_reference_values_hold()
    {
        var settings = Read("");

        Assert.Equal(65536, settings.MaxPages);
        Assert.Equal(256, settings.SlabPages);
        Assert.False(settings.ChecksPages);
        Assert.Equal("dmio.default-dispatcher", settings.Dispatcher);
        Assert.Equal(TimeSpan.FromSeconds(4), settings.ShutdownTimeout);
        Assert.Equal(32, settings.QueueDepth);
        Assert.Empty(settings.Devices);
    }

    [Fact]
    public void A_configured_value_overrides_the_reference_value()
    {
        var settings = Read("""
            dmio {
              pool {
                max-pages = 100
                slab-pages = 10
              }
              dispatcher = dmio-io
              shutdown-timeout = 1500ms
              device-defaults {
                queue-depth = 7
              }
            }
            """);

        Assert.Equal(100, settings.MaxPages);
        Assert.Equal(10, settings.SlabPages);
        Assert.Equal("dmio-io", settings.Dispatcher);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), settings.ShutdownTimeout);
        Assert.Equal(7, settings.QueueDepth);
    }

    [Theory]
    [InlineData("adaptive", "0s", "1-64")]
    [InlineData("adaptive", "500us", "1-64 within 0.5 ms")]
    [InlineData("16", "2ms", "1-16 within 2 ms")]
    public void A_latency_target_makes_the_depth_adaptive_up_to_its_value(string depth, string target, string expected)
    {
        var settings = Read($"dmio.device-defaults {{ queue-depth = {depth}, latency-target = {target} }}");

        Assert.Equal(expected, settings.QueueDepth.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\t")]
    [InlineData("# why")]
    [InlineData(" # why")]
    [InlineData(" // why")]
    public void A_blank_or_a_comment_behind_a_value_of_any_kind_changes_nothing(string end)
    {
        var device = Assert.Single(Read($$"""
            dmio {{{end}}
              devices = {{{end}}
                disk {{{end}}
                  backend = memory{{end}}
                  size = "4KiB"{{end}}
                  queue-depth = 7{{end}}
                  read-only = on{{end}}
                  delay = { read = 20ms }{{end}}
                  faults = [ { errno = 28, operations = [ read, write ]{{end}}
                  } ]{{end}}
                }{{end}}
              }{{end}}
            }{{end}}
            """).Devices);

        Assert.Equal((ByteSize.FromKiB(4), 7, true), (device.Size, device.QueueDepth.Max, device.IsReadOnly));
        Assert.Equal(TimeSpan.FromMilliseconds(20), device.Delays.Read);
        Assert.Equal(28, Assert.Single(device.Faults).Errno);
    }

    [Theory]
    [InlineData("[]", 0)]
    [InlineData("[ ]", 0)]
    [InlineData("[\n]", 0)]
    [InlineData("[ # none\n ] # yet", 0)]
    [InlineData("[ { errno = 5 }, ]", 1)]
    [InlineData("[ { errno = 5 } ] [ { errno = 28 } ]", 2)]
    [InlineData("${ours} # why", 2)]
    public void A_list_has_only_its_items(string list, int count)
    {
        var settings = Read($"ours = [ {{ errno = 5 }}, {{ errno = 28 }} ]\n{OneMemoryDevice}\n"
            + $"dmio.devices.disk1.faults = {list}\n");

        Assert.Equal(count, Assert.Single(settings.Devices).Faults.Count);
    }

    [Fact]
    public void Other_configuration_of_the_system_is_ignored() =>
        Assert.Equal(65536, Read("akka.loglevel = OFF\napplication.key = 1").MaxPages);

    [Fact]
    public void A_memory_device_has_a_size_and_the_device_defaults()
    {
        var device = Assert.Single(Read(OneMemoryDevice).Devices);

        Assert.Equal("disk1", device.Name);
        Assert.Equal(DeviceBackend.Memory, device.Backend);
        Assert.Equal(ByteSize.FromMiB(64), device.Size);
        Assert.Equal(32, device.QueueDepth);
        Assert.False(device.IsReadOnly);
        Assert.False(device.IsStuck);
        Assert.Equal(new DeviceDelays(), device.Delays);
        Assert.Empty(device.Faults);
    }

    [Fact]
    public void A_file_device_has_a_path_and_a_size_to_create_it_with()
    {
        var device = Assert.Single(Read("""
            dmio.devices {
              "disk.img" {
                backend = file
                path = "/var/lib/disk one.img"
                create-size = 1MiB
                read-only = on
                queue-depth = 4
                stuck = on
                fault-seed = 42
                delay {
                  write = 20ms
                }
              }
            }
            """).Devices);

        Assert.Equal("disk.img", device.Name);
        Assert.Equal(DeviceBackend.File, device.Backend);
        Assert.Equal("/var/lib/disk one.img", device.Path);
        Assert.Equal(ByteSize.FromMiB(1), device.CreateSize);
        Assert.True(device.IsReadOnly);
        Assert.Equal(4, device.QueueDepth);
        Assert.True(device.IsStuck);
        Assert.Equal(42, device.FaultSeed);
        Assert.Equal(TimeSpan.FromMilliseconds(20), device.Delays.Write);
        Assert.Equal(TimeSpan.Zero, device.Delays.Read);
    }

    [Theory]
    [InlineData("", null, false)]
    [InlineData("mode = auto\ndirect = off", null, false)]
    [InlineData("mode = inline", ServiceMode.Inline, false)]
    [InlineData("mode = ring", ServiceMode.Ring, false)]
    [InlineData("mode = threads\ndirect = on", ServiceMode.Threads, true)]
    public void A_file_device_has_a_mode_and_may_be_direct(string hocon, ServiceMode? mode, bool isDirect)
    {
        var device = Assert.Single(Read($"dmio.devices.disk {{\nbackend = file\npath = disk\n{hocon}\n}}").Devices);

        Assert.Equal((mode, isDirect), (device.Mode, device.IsDirect));
    }

    [Fact]
    public void Device_defaults_can_make_all_files_direct()
    {
        var settings = Read(OneMemoryDevice + """

            dmio.device-defaults {
              direct = on
              mode = threads
            }
            dmio.devices.disk2 {
              backend = file
              path = disk
            }
            """);

        Assert.Equal(
            [(null, false), (ServiceMode.Threads, true)],
            settings.Devices.Select(device => (device.Mode, device.IsDirect)));
    }

    [Fact]
    public void Device_defaults_apply_to_devices_without_their_own_values()
    {
        var settings = Read(OneMemoryDevice + """

            dmio.device-defaults {
              queue-depth = 3
              delay {
                read = 5ms
              }
              faults = [
                {
                  operations = [flush]
                }
              ]
            }
            dmio.devices.disk1.delay.flush = 7ms
            """);

        var device = Assert.Single(settings.Devices);
        Assert.Equal(3, device.QueueDepth);
        Assert.Equal(TimeSpan.FromMilliseconds(5), device.Delays.Read);
        Assert.Equal(TimeSpan.FromMilliseconds(7), device.Delays.Flush);
        Assert.Equal([IoOperation.Flush], Assert.Single(device.Faults).Filter.Operations);
    }

    [Fact]
    public void A_fault_takes_missing_values_from_the_fault_defaults()
    {
        var settings = Read(OneMemoryDevice + """

            dmio.fault-defaults.errno = 28
            dmio.devices.disk1.faults = [
              {
                operations = [write, write-zeroes]
                start = 8
                count = 16
                after = 2
                times = 1
                probability = 0.25
              },
              {
              }
            ]
            """);

        var faults = Assert.Single(settings.Devices).Faults;
        Assert.Equal([IoOperation.Write, IoOperation.WriteZeroes], faults[0].Filter.Operations);
        Assert.Equal(new Sector(8), faults[0].Filter.Start);
        Assert.Equal(new SectorCount(16), faults[0].Filter.Count);
        Assert.Equal(2, faults[0].After);
        Assert.Equal(1, faults[0].MaxCount);
        Assert.Equal(0.25, faults[0].Probability);
        Assert.Equal(28, faults[0].Errno);
        Assert.Equal(Enum.GetValues<IoOperation>(), faults[1].Filter.Operations);
        Assert.Equal(OperationFilter.Any.Count, faults[1].Filter.Count);
        Assert.Null(faults[1].MaxCount);
        Assert.Equal(28, faults[1].Errno);
    }

    [Fact]
    public void Devices_are_ordered_by_name() =>
        Assert.Equal(["a", "b", "c"], Read("""
            dmio.devices {
              c {
                backend = null
                size = 512
              }
              a {
                backend = memory
                size = 512
              }
            }
            dmio.devices.b {
              backend = memory
              size = 512
            }
            """).Devices.Select(device => device.Name));

    private static DmIoSettings Read(string hocon) => DmIoSettings.Read(ConfigurationFactory.ParseString(hocon));
}
