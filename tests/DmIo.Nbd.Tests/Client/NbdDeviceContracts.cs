using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Client;
using DmIo.Nbd.Tests.Peers;
using DmIo.Tests.Devices;

namespace DmIo.Nbd.Tests.Client;

/// <summary>A device with an export of another program's server, attached or not. If the program is not installed, a
/// memory device is tested instead.</summary>
public abstract class NbdDeviceContract : BlockDeviceContract
{
    private readonly bool isOwned;
    private readonly int connections;
    private NbdPeer? peer;

    private protected NbdDeviceContract(bool isOwned, int connections = 1)
    {
        this.isOwned = isOwned;
        this.connections = connections;
    }

    private protected override IBlockDevice Create(SectorCount capacity)
    {
        if (Programs.Missing(Program) is not null)
        {
            return new MemoryDevice(ByteSize.FromSectors(capacity));
        }

        return Task.Run(async () =>
        {
            peer = await StartAsync(capacity.Bytes);
            var device = await NbdDevice.OpenAsync(
                new NbdDeviceOptions { Uri = peer.Uri, Connections = connections }).InTime();
            return isOwned ? (IBlockDevice)new PolledDevice(device) : device;
        }).GetAwaiter().GetResult();
    }

    private protected virtual string Program => "nbdkit";

    private protected abstract Task<NbdPeer> StartAsync(long bytes);

    private protected override void Release() => peer?.DisposeAsync().AsTask().Wait(Patience.Limit);
}

public sealed class NbdkitAloneContract() : NbdDeviceContract(isOwned: false)
{
    private protected override Task<NbdPeer> StartAsync(long bytes) => NbdPeer.NbdkitAsync("memory", $"{bytes}");
}

public sealed class NbdkitOwnedContract() : NbdDeviceContract(isOwned: true)
{
    private protected override Task<NbdPeer> StartAsync(long bytes) => NbdPeer.NbdkitAsync("memory", $"{bytes}");
}

public sealed class NbdkitByFourConnectionsContract() : NbdDeviceContract(isOwned: true, connections: 4)
{
    private protected override Task<NbdPeer> StartAsync(long bytes) => NbdPeer.NbdkitTcpAsync("memory", $"{bytes}");
}

/// <summary>Without structured replies.</summary>
public sealed class PlainNbdkitContract() : NbdDeviceContract(isOwned: true)
{
    private protected override Task<NbdPeer> StartAsync(long bytes) =>
        NbdPeer.NbdkitAsync("--no-sr", "memory", $"{bytes}");
}

public abstract class FileServerContract() : NbdDeviceContract(isOwned: true)
{
    private readonly TemporaryDirectory directory = new();

    private protected override Task<NbdPeer> StartAsync(long bytes) =>
        ServeAsync(directory.SparseFile("disk.img", bytes));

    private protected abstract Task<NbdPeer> ServeAsync(string path);

    private protected override void Release()
    {
        base.Release();
        directory.Dispose();
    }
}

public sealed class NbdkitFileContract : FileServerContract
{
    private protected override Task<NbdPeer> ServeAsync(string path) => NbdPeer.NbdkitAsync("file", path);
}

public sealed class QemuNbdContract : FileServerContract
{
    private protected override string Program => "qemu-nbd";

    private protected override Task<NbdPeer> ServeAsync(string path) =>
        NbdPeer.QemuNbdAsync("--discard=unmap", path);
}

public sealed class NbdServerContract : FileServerContract
{
    private protected override string Program => "nbd-server";

    private protected override Task<NbdPeer> ServeAsync(string path) =>
        NbdPeer.NbdServerAsync(path, "flush = true", "fua = true", "trim = true");
}
