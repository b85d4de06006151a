using System.Threading.Channels;
using DmIo.Devices;
using DmIo.Nbd.Client;
using DmIo.Nbd.Server;
using Xunit;
using static DmIo.Nbd.Client.NbdDeviceEvents;

namespace DmIo.Nbd.Tests.Client;

/// <summary>The TLS files of a client device.</summary>
public sealed class ClientTlsTests : IDisposable
{
    private readonly TemporaryDirectory home = new();
    private readonly TestAuthority authority;

    public ClientTlsTests() => authority = new TestAuthority(home);

    public void Dispose()
    {
        authority.Dispose();
        home.Dispose();
    }

    [Fact]
    public async Task An_unreadable_file_does_not_end_the_attempts_to_connect()
    {
        await using var served = await ServedDisks.WithDiskAsync(tls: authority.ServeAs(NbdTlsMode.Required));
        await using var device = await NbdDevice.OpenAsync(new NbdDeviceOptions
        {
            Uri = NbdUri.Parse(served.Uri()),
            AuthorityFile = authority.AuthorityFile,
            MinReconnectPause = TimeSpan.FromMilliseconds(1),
            MaxReconnectPause = TimeSpan.FromMilliseconds(10),
        }).InTime();
        var news = Channel.CreateUnbounded<NbdDeviceEvent>();
        device.Events.Listen(published => news.Writer.TryWrite(published));
        File.Delete(authority.AuthorityFile);
        Directory.CreateDirectory(authority.AuthorityFile);

        await served.RemoveAsync();
        await NextAsync<ReconnectFailed>(news);
        Directory.Delete(authority.AuthorityFile);
        File.WriteAllText(authority.AuthorityFile, authority.Certificate.ExportCertificatePem());
        await served.AddAsync("disk", ServedDisks.NewMemory());

        await NextAsync<Connected>(news);
    }

    [Fact]
    public async Task An_authority_file_without_a_certificate_is_refused_with_its_path()
    {
        var options = authority.ServeAs(NbdTlsMode.Required);
        await using var served = await ServedDisks.WithDiskAsync(tls: options);

        var fault = await Assert.ThrowsAsync<DeviceOpenException>(() => NbdDevice.OpenAsync(
            new NbdDeviceOptions { Uri = NbdUri.Parse(served.Uri()), AuthorityFile = options.KeyFile }).InTime());

        Assert.Contains($"'{options.KeyFile}' contains no certificate", fault.Message, StringComparison.Ordinal);
    }

    private static async Task NextAsync<T>(Channel<NbdDeviceEvent> news)
    {
        while (await news.Reader.ReadAsync().AsTask().InTime() is not T)
        {
        }
    }
}
