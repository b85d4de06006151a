using Akka.Configuration;
using DmIo.Actors.Configuration;
using DmIo.Devices;
using DmIo.Devices.Faults;
using DmIo.Devices.Files;
using DmIo.Io;
using DmIo.Memory;
using Xunit;

namespace DmIo.Actors.Tests.Settings;

public sealed class DeviceFactoryTests
{
    private const string Memory = "backend = memory\nsize = 1MiB\n";

    [Fact]
    public async Task A_memory_device_has_the_configured_size()
    {
        await using var device = Open(Memory);

        Assert.Equal("memory", device.Description.Backend);
        Assert.Equal(ByteSize.FromSectors(2048), device.Description.Capacity);
    }

    [Fact]
    public async Task A_null_device_has_the_configured_size()
    {
        await using var device = Open("backend = null\nsize = 8TiB");

        Assert.Equal("null", device.Description.Backend);
        Assert.Equal(ByteSize.FromSectors(16L << 30), device.Description.Capacity);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("null")]
    public async Task A_read_only_device_accepts_no_writes(string backend)
    {
        await using var device = Open($"backend = {backend}\nsize = 1MiB\nread-only = on");

        Assert.True(device.Description.IsReadOnly);
    }

    [Theory]
    [InlineData("on", true)]
    [InlineData("off", false)]
    public async Task A_file_is_read_after_a_failure_as_configured(string setting, bool expected)
    {
        using var folder = new ScratchFolder();
        var path = folder.PathOf("disk.img");

        await using var device = Open(
            $"backend = file\npath = \"{path}\"\ncreate-size = 64KiB\nread-after-failure = {setting}");

        Assert.Equal(expected && OperatingSystem.IsLinux(), device.Description.ReadsAfterFailure);
    }

    [Fact]
    public async Task A_missing_file_is_created_with_the_configured_size()
    {
        using var folder = new ScratchFolder();
        var path = folder.PathOf("disk.img");

        await using (Open($"backend = file\npath = \"{path}\"\ncreate-size = 64KiB"))
        {
        }

        Assert.Equal(65536, new FileInfo(path).Length);
    }

    [Theory]
    [InlineData("inline", ServiceMode.Inline)]
    [InlineData("threads", ServiceMode.Threads)]
    public async Task A_file_is_served_in_the_configured_mode(string mode, ServiceMode expected)
    {
        using var folder = new ScratchFolder();

        await using var device = Open(
            $"backend = file\npath = \"{folder.PathOf("disk.img")}\"\ncreate-size = 64KiB\nmode = {mode}");

        Assert.Equal(expected, device.Description.Mode);
    }

    [Fact]
    public async Task A_file_configured_as_direct_is_direct_or_the_reason_is_given()
    {
        using var folder = new ScratchFolder();
        var path = folder.PathOf("disk.img");
        try
        {
            var device = Open($"backend = file\npath = \"{path}\"\ncreate-size = 64KiB\ndirect = on");
            var expected = device.Description;
            await device.DisposeAsync();
            await using var direct = FileDevice.Open(new FileDeviceOptions { Path = path, IsDirect = true });
            Assert.Equal(direct.Description, expected);
        }
        catch (DeviceOpenException refusal)
        {
            Assert.Contains("direct I/O", refusal.Message, StringComparison.Ordinal);
            Assert.False(File.Exists(path));
        }
    }

    [Fact]
    public void A_missing_file_without_create_size_is_an_error()
    {
        using var folder = new ScratchFolder();
        var path = folder.PathOf("disk.img");

        var error = Assert.Throws<DeviceOpenException>(() => Open($"backend = file\npath = \"{path}\""));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_fault_fails_the_operations_that_it_selects()
    {
        await using var device = Open(Memory + """
            faults = [
              {
                operations = [write]
                start = 8
                count = 8
                errno = 28
              }
            ]
            """);
        var page = new SegmentBatch();
        page.Add(new byte[4096]);

        Assert.True((await device.WriteAsync(0, page, forceUnitAccess: false)).Status.IsOk);
        var hit = await device.WriteAsync(8, page, forceUnitAccess: false);
        Assert.Equal((IoStatusCode.DeviceError, 28), (hit.Status.Code, hit.Status.Failure!.Errno));
        Assert.True((await device.ReadAsync(8, page)).Status.IsOk);
    }

    [Fact]
    public async Task A_flush_fault_also_occurs_on_a_backend_without_a_cache()
    {
        await using var device = Open(Memory + """
            faults = [
              {
                operations = [flush]
              }
            ]
            """);

        Assert.True(device.Description.HasVolatileCache);
        Assert.Equal(5, (await device.FlushAsync()).Failure!.Errno);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_faults()
    {
        var hocon = Memory + """
            fault-seed = 7
            faults = [
              {
                probability = 0.5
              }
            ]
            """;

        var first = await FailuresAsync(hocon);

        Assert.Equal(first, await FailuresAsync(hocon));
        Assert.Contains(true, first);
        Assert.Contains(false, first);
    }

    [Fact]
    public async Task A_stuck_device_is_outermost()
    {
        await using var device = Open(Memory + "stuck = on\ndelay.write = 1ms\nfaults = [ {\nerrno = 5\n} ]");
        var stuck = Assert.IsType<HungDevice>(device);
        var flush = stuck.FlushAsync().AsTask();
        Assert.Equal(1, stuck.HungCount);

        stuck.Release();

        Assert.False((await flush).IsOk);
    }

    [Fact]
    public async Task Without_faults_the_backend_has_no_decorator()
    {
        await using var device = Open(Memory);

        Assert.IsType<MemoryDevice>(device);
    }

    private static async Task<bool[]> FailuresAsync(string hocon)
    {
        await using var device = Open(hocon);
        var failures = new bool[32];
        for (var index = 0; index < failures.Length; index++)
        {
            failures[index] = !(await device.FlushAsync()).IsOk;
        }

        return failures;
    }

    private static IBlockDevice Open(string hocon) => DeviceFactory.Open(Assert.Single(DmIoSettings.Read(
        ConfigurationFactory.ParseString("dmio.devices.disk {\n" + hocon + "\n}")).Devices));
}
