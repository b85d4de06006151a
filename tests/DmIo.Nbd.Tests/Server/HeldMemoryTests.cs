using DmIo.Io;
using DmIo.Nbd.Protocol;
using Xunit;

namespace DmIo.Nbd.Tests.Server;

/// <summary>Exports of devices that answer before they have released the memory, as a volume with a leg that
/// hangs.</summary>
public sealed class HeldMemoryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_whose_memory_is_held_is_repeated_into_other_memory(bool structured)
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new HoldingDevice(ServedDisks.NewMemory());
        await served.AddAsync("disk", device);
        using (var client = await served.UseAsync(structured: structured))
        {
            var data = new byte[4096];
            Array.Fill(data, (byte)7);
            Assert.Equal(NbdError.None, await client.WriteAsync(512, data));
            device.HoldNext(IoStatus.Failed(IoStatusCode.TimedOut, "A leg hangs."));

            var read = structured
                ? (await client.ReadChunksAsync(512, data.Length)).Item1
                : await client.ReadAsync(512, data.Length);

            Assert.Equal(data, read);
            Assert.True((await served.Server.GetStatusAsync()).Exports.Single().PagesInUse > 0);
            device.Release();
        }

        await served.AssertNothingHeldAsync();
    }

    [Fact]
    public async Task Writes_whose_memory_is_held_do_not_keep_it_for_ever()
    {
        await using var served = await ServedDisks.StartAsync();
        var device = new HoldingDevice(ServedDisks.NewMemory());
        await served.AddAsync("disk", device);
        using (var client = await served.UseAsync())
        {
            device.HoldNext(IoStatus.Ok);
            Assert.Equal(NbdError.None, await client.WriteAsync(0, new byte[200_000]));
            Assert.Equal(NbdError.None, await client.WriteAsync(0, new byte[200_000]));
            Assert.True((await served.Server.GetStatusAsync()).Exports.Single().PagesInUse > 0);
            device.Release();
        }

        await served.AssertNothingHeldAsync();
    }
}
