using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Client;
using DmIo.Nbd.Server;
using Xunit;
using static DmIo.Nbd.Client.NbdDeviceEvents;

namespace DmIo.Nbd.Tests.Client;

/// <summary>The device with other programs' servers, running, stopped and killed.</summary>
public sealed class PeerDeviceTests
{
    [PeerFact("nbdkit")]
    public async Task Requests_run_concurrently_on_a_slow_server()
    {
        await using var peer = await NbdPeer.NbdkitAsync("--filter=delay", "memory", "64M", "delay-read=200ms");
        await using var device = await OpenAsync(peer);

        var reads = Enumerable.Range(0, 64).Select(i => device.ReadAsync(i * 8, Bytes.Batch(new byte[4096])).AsTask());

        // In sequence, the reads would take longer than the limit of the test.
        Assert.All(await Task.WhenAll(reads).InTime(), result => Assert.Equal(4096, result.Bytes));
    }

    [PeerFact("nbdkit")]
    public async Task The_errors_of_a_server_are_those_of_its_operations()
    {
        await using var peer = await NbdPeer.NbdkitAsync(
            "--filter=error",
            "memory",
            "64M",
            "error-rate=100%",
            "error-pwrite=ENOSPC",
            "error-pread=EIO",
            "error-trim=EPERM");
        await using var device = await OpenAsync(peer);

        var write = (await device.WriteAsync(0, Bytes.Batch(new byte[512]), forceUnitAccess: false).InTime()).Status;
        var read = (await device.ReadAsync(0, Bytes.Batch(new byte[512])).InTime()).Status;
        var trim = await device.DiscardAsync(0, 8).InTime();

        Assert.Equal((28, 5), (write.Failure!.Errno, read.Failure!.Errno));
        Assert.Equal(IoStatusCode.ReadOnly, trim.Code);
    }

    [PeerFact("nbdkit")]
    public async Task The_block_sizes_of_a_server_are_those_of_the_device()
    {
        await using var peer = await NbdPeer.NbdkitAsync(
            "--filter=blocksize-policy",
            "memory",
            "64M",
            "blocksize-minimum=4096",
            "blocksize-preferred=64k",
            "blocksize-maximum=1M",
            "blocksize-error-policy=error");
        await using var device = await OpenAsync(peer);
        var data = Bytes.Random(3 << 20, seed: 1);

        Assert.Equal((4096, 1L << 20), (device.Description.BlockSize.Bytes, device.Description.MaxTransfer.Bytes));
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Write, 8, data.Length / 512, data).InTime());
        var read = new byte[data.Length];
        Assert.Equal(IoStatus.Ok, await device.RunAsync(IoOperation.Read, 8, data.Length / 512, read).InTime());
        Assert.Equal(data, read);
    }

    [PeerFact("nbdkit")]
    public async Task A_read_only_export_is_a_read_only_device()
    {
        await using var peer = await NbdPeer.NbdkitAsync("-r", "memory", "1M");
        await using var device = await OpenAsync(peer);

        Assert.True(device.Description.IsReadOnly);
        Assert.Equal((default, default), (device.Description.MaxDiscard, device.Description.MaxWriteZeroes));
    }

    [PeerFact("nbdkit")]
    public async Task A_missing_export_is_named()
    {
        using var directory = new TemporaryDirectory();
        directory.SparseFile("here", 1 << 20);
        await using var peer = await NbdPeer.NbdkitAsync("file", $"dir={directory.Path}");
        var uri = NbdUri.Unix(peer.Uri.SocketPath!, "elsewhere");

        var refused = await Assert.ThrowsAsync<DeviceOpenException>(
            () => NbdDevice.OpenAsync(new NbdDeviceOptions { Uri = uri }).InTime());

        Assert.Contains("elsewhere", refused.Message);
    }

    [Fact]
    public async Task A_missing_server_is_named()
    {
        using var directory = new TemporaryDirectory();
        var uri = NbdUri.Unix(directory.FilePath("nobody.sock"), "");

        var refused = await Assert.ThrowsAsync<DeviceOpenException>(
            () => NbdDevice.OpenAsync(new NbdDeviceOptions { Uri = uri }).InTime());

        Assert.Contains("is unreachable", refused.Message);
        Assert.Equal(uri.ToString(), refused.Path);
    }

    [PeerTheory("nbdkit", "qemu-nbd", "nbd-server")]
    [InlineData("nbdkit")]
    [InlineData("qemu-nbd")]
    [InlineData("nbd-server")]
    public async Task A_killed_server_fails_the_operations_in_flight_and_serves_again_after_a_restart(string program)
    {
        using var directory = new TemporaryDirectory();
        var path = directory.SparseFile("disk.img", 64 << 20);
        await using var peer = await (program switch
        {
            "nbdkit" => NbdPeer.NbdkitAsync("file", path),
            "qemu-nbd" => NbdPeer.QemuNbdAsync(path),
            _ => NbdPeer.NbdServerAsync(path, "flush = true"),
        });
        await using var device = await OpenAsync(peer);
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        device.Events.Listen(news => _ = news is Connected && back.TrySetResult());
        await peer.Process.StopAsync();
        var writes = Enumerable.Range(0, 64).Select(i => device.WriteAsync(
            i * 2048, Bytes.Batch(Bytes.Filled(1 << 20, (byte)i)), forceUnitAccess: false).AsTask()).ToList();

        await peer.KillAsync();
        var failed = await Task.WhenAll(writes).InTime();
        await peer.RestartAsync();
        await back.Task.InTime();

        // nbd-server replies from child processes, which were not stopped.
        Assert.True(program == "nbd-server" || failed.Any(result => result.Status.Code == IoStatusCode.DeviceError));
        var again = await device.WriteAsync(0, Bytes.Batch(Bytes.Filled(4096, 1)), forceUnitAccess: false).InTime();
        Assert.Equal(4096, again.Bytes);
        var read = new byte[4096];
        Assert.Equal(4096, (await device.ReadAsync(0, Bytes.Batch(read)).InTime()).Bytes);
        Assert.Equal(Bytes.Filled(4096, 1), read);
    }

    [PeerFact("nbdkit")]
    public async Task A_stopped_server_times_out_its_operations_and_serves_again()
    {
        await using var peer = await NbdPeer.NbdkitAsync("memory", "1M");
        await using var device = await NbdDevice.OpenAsync(new NbdDeviceOptions
        {
            Uri = peer.Uri,
            RequestTimeout = TimeSpan.FromMilliseconds(100),
            MinReconnectPause = TimeSpan.FromMilliseconds(1),
        }).InTime();
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        device.Events.Listen(news => _ = news is Connected && back.TrySetResult());
        await peer.Process.StopAsync();

        var status = (await device.ReadAsync(0, Bytes.Batch(new byte[4096])).InTime()).Status;
        peer.Process.Continue();
        await back.Task.InTime();

        Assert.Equal(IoStatusCode.TimedOut, status.Code);
    }

    [PeerFact("nbdkit")]
    public async Task TLS_with_certificates_of_both_sides()
    {
        using var home = new TemporaryDirectory();
        using var authority = new TestAuthority(home);
        authority.ServeAs(NbdTlsMode.Required, "server.test");
        await using var peer = await NbdPeer.NbdkitTcpAsync(
            "--tls=require", "--tls-verify-peer", $"--tls-certificates={home.Path}", "memory", "1M");
        var uri = NbdUri.Tcp("127.0.0.1", peer.Uri.Port, "", tls: true);
        var client = authority.ClientDirectory("client.test");
        await using var device = await NbdDevice.OpenAsync(new NbdDeviceOptions
        {
            Uri = NbdUri.Parse(uri + "?tls-hostname=server.test"),
            AuthorityFile = authority.AuthorityFile,
            CertificateFile = Path.Combine(client, "client-cert.pem"),
            KeyFile = Path.Combine(client, "client-key.pem"),
        }).InTime();
        var data = Bytes.Random(1 << 18, seed: 2);

        var written = await device.WriteAsync(0, Bytes.Batch(data), forceUnitAccess: false).InTime();
        Assert.Equal(data.Length, written.Bytes);
        var read = new byte[data.Length];
        Assert.Equal(read.Length, (await device.ReadAsync(0, Bytes.Batch(read)).InTime()).Bytes);
        Assert.Equal(data, read);
    }

    [PeerTheory("nbdkit")]
    [InlineData("?tls-hostname=server.test", false, "TLS fails")]
    [InlineData("?tls-hostname=elsewhere.test", true, "TLS fails")]
    public async Task An_untrusted_certificate_is_refused(string query, bool hasAuthority, string named)
    {
        using var home = new TemporaryDirectory();
        using var authority = new TestAuthority(home);
        authority.ServeAs(NbdTlsMode.Required, "server.test");
        await using var peer = await NbdPeer.NbdkitTcpAsync(
            "--tls=require", $"--tls-certificates={home.Path}", "memory", "1M");
        var uri = NbdUri.Parse(NbdUri.Tcp("127.0.0.1", peer.Uri.Port, "", tls: true) + query);

        var refused = await Assert.ThrowsAsync<DeviceOpenException>(() => NbdDevice.OpenAsync(new NbdDeviceOptions
        {
            Uri = uri,
            AuthorityFile = hasAuthority ? authority.AuthorityFile : null,
        }).InTime());

        Assert.True(refused.Message.Contains(named, StringComparison.Ordinal), refused.Message);
    }

    [PeerFact("nbdkit")]
    public async Task A_server_that_requires_TLS_is_named_in_the_error()
    {
        using var home = new TemporaryDirectory();
        using var authority = new TestAuthority(home);
        authority.ServeAs(NbdTlsMode.Required, "server.test");
        await using var peer = await NbdPeer.NbdkitAsync(
            "--tls=require", $"--tls-certificates={home.Path}", "memory", "1M");

        var refused = await Assert.ThrowsAsync<DeviceOpenException>(() => OpenAsync(peer));

        Assert.Contains("use nbds://", refused.Message);
    }

    [PeerFact("nbdkit")]
    public async Task A_server_without_TLS_is_refused_for_nbds()
    {
        await using var peer = await NbdPeer.NbdkitAsync("--tls=off", "memory", "1M");
        var uri = NbdUri.Unix(peer.Uri.SocketPath!, "", tls: true);

        var refused = await Assert.ThrowsAsync<DeviceOpenException>(
            () => NbdDevice.OpenAsync(new NbdDeviceOptions { Uri = uri }).InTime());

        Assert.Contains("refuses TLS", refused.Message);
    }

    private static Task<NbdDevice> OpenAsync(NbdPeer peer) => NbdDevice.OpenAsync(new NbdDeviceOptions
    {
        Uri = peer.Uri,
        MinReconnectPause = TimeSpan.FromMilliseconds(1),
    }).InTime();
}
