using DmIo.Actors.Client;
using DmIo.Actors.Tests.Settings;
using DmIo.Devices.Files;
using Xunit;

namespace DmIo.Actors.Tests.Service;

/// <summary>A file with bytes at its end that do not fill a sector.</summary>
public sealed class TailTests : Akka.TestKit.Xunit2.TestKit
{
    private readonly ScratchFolder folder = new();

    public TailTests()
        : base("akka.test.filter-leeway = 30s")
    {
    }

    [Theory]
    [InlineData(1000, 1)]
    [InlineData(1024, 0)]
    public async Task Tail_bytes_cause_a_warning_when_the_file_is_attached(int lengthBytes, int warnings)
    {
        var path = folder.PathOf("disk");
        await File.WriteAllBytesAsync(path, new byte[lengthBytes]);
        var device = FileDevice.Open(new FileDeviceOptions { Path = path });

        await EventFilter.Warning(contains: "'disk': the last 488 bytes of its store fill no block").ExpectAsync(
            warnings, () => DmIoService.For(Sys).AttachAsync("disk", device));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        folder.Dispose();
    }
}
