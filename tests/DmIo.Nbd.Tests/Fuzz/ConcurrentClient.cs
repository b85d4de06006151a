using System.Security.Cryptography;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Client;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>A well-behaved client on its own connection while others misbehave: it writes and reads back, and the data
/// must match each time.</summary>
internal sealed class ConcurrentClient : IAsyncDisposable
{
    private const int LengthBytes = 96 * 1024;

    private readonly NbdDevice device;
    private readonly CancellationTokenSource end = new();
    private readonly Task<int> life;

    private ConcurrentClient(NbdDevice device, bool ownsData)
    {
        this.device = device;
        life = Task.Run(() => LiveAsync(ownsData));
    }

    /// <param name="uri">The export.</param>
    /// <param name="ownsData">No other client writes to the export; otherwise, this client only reads and
    /// flushes.</param>
    /// <param name="authorityFile">For a URI with TLS.</param>
    internal static async Task<ConcurrentClient> ConnectAsync(NbdUri uri, bool ownsData, string? authorityFile = null)
    {
        var options = new NbdDeviceOptions { Uri = uri, AuthorityFile = authorityFile };
        return new ConcurrentClient(await NbdDevice.OpenAsync(options).InTime(), ownsData);
    }

    /// <summary>Disconnects. Returns the number of successful rounds; fails if one failed.</summary>
    internal async Task<int> DisconnectAsync()
    {
        await end.CancelAsync();
        var rounds = await life.InTime();
        await device.DisposeAsync().InTime();
        return rounds;
    }

    /// <summary>If the test did not reach <see cref="DisconnectAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        if (!life.IsCompletedSuccessfully)
        {
            await Task.WhenAny(life, Task.Delay(Patience.Limit));
            await device.DisposeAsync().InTime();
        }

        end.Dispose();
    }

    private async Task<int> LiveAsync(bool ownsData)
    {
        var (data, read) = (new byte[LengthBytes], new byte[LengthBytes]);
        var rounds = 0;
        do
        {
            var room = device.Description.Capacity.Sectors.Value - (LengthBytes / Sector.SizeBytes);
            var start = rounds * 37 % (int)room;
            if (ownsData)
            {
                RandomNumberGenerator.Fill(data);
                var written = await device.WriteAsync(start, Bytes.Batch(data), forceUnitAccess: false).InTime();
                Assert.True(written.Status.IsOk, $"write: {written.Status}");
            }

            var result = await device.ReadAsync(start, Bytes.Batch(read)).InTime();
            Assert.True(result.Status.IsOk, $"read: {result.Status}");
            Assert.True(!ownsData || data.AsSpan().SequenceEqual(read), "The data read differs from the data written.");
            var flushed = await device.FlushAsync().InTime();
            Assert.True(flushed.IsOk || flushed.Code == IoStatusCode.Unsupported, $"flush: {flushed}");
            rounds++;
            await Task.Yield();
        }
        while (!end.IsCancellationRequested);

        return rounds;
    }
}
