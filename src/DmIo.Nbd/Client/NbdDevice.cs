using System.Net.Sockets;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>An export of an NBD server (DmIo, nbdkit, qemu-nbd, nbd-server) as a block device. The size, block size and
/// capabilities are negotiated when the device is opened; no operation is sent that the server does not advertise. If
/// the size is not a multiple of the block size, the remainder is not accessible.</summary>
/// <remarks>
/// Requests in flight on a lost connection fail with DeviceError, errno ECONNRESET: a write may or may not have been
/// executed, and is not resent unless the <see cref="NbdDeviceOptions"/> allow it. The device reconnects in the
/// background. Until then, operations fail with DeviceGone, which means that they were not sent. If the export has
/// changed, the device fails (DeviceFailed). A write that was acknowledged but not flushed when a connection was lost
/// may be lost with the server's cache, so the next flush fails; later flushes cover only later writes. A server that
/// does not support flush is assumed to have no volatile cache, as in Linux. Changes of the connections of an attached
/// device are published (<see cref="NbdDeviceEvents"/>).
/// </remarks>
public sealed class NbdDevice : IBlockDevice
{
    private readonly NbdEngine engine;

    private NbdDevice(NbdDeviceOptions options)
    {
        Uri = options.Uri;
        engine = new NbdEngine(options, Events.Tell);
    }

    /// <summary>Delivers the events of the connections.</summary>
    internal DeviceEventRelay Events { get; } = new();

    /// <summary>The URI of the export.</summary>
    public NbdUri Uri { get; }

    /// <inheritdoc/>
    public DeviceDescription Description { get; private set; } = null!; // set by OpenAsync

    /// <summary>Connects to the server and negotiates the export.</summary>
    /// <exception cref="ArgumentException">The options are invalid.</exception>
    /// <exception cref="DeviceOpenException">The server is unreachable, is not an NBD server, refuses the client, or
    /// does not have the export; or the export is smaller than a block.</exception>
    public static async Task<NbdDevice> OpenAsync(
        NbdDeviceOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Fault() is { } fault)
        {
            throw new ArgumentException(fault, nameof(options));
        }

        var device = new NbdDevice(options);
        try
        {
            device.Description = await device.engine.OpenAsync(cancellationToken).ConfigureAwait(false);
            return device;
        }
        catch (IOException failure)
        {
            await device.DisposeAsync().ConfigureAwait(false);
            throw new DeviceOpenException(options.Uri.ToString(), failure.Message, ErrnoOf(failure), failure);
        }
        catch
        {
            await device.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Attach(DeviceHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        engine.Attach(host);
        Events.Listen(change => host.Publish(change with { Device = host.DeviceName }));
    }

    /// <inheritdoc/>
    public void Poll() => engine.Poll();

    /// <inheritdoc/>
    public ValueTask<TransferResult> SubmitAsync(in DeviceOperation operation) => engine
        .Start(
            CommandOf(operation.Kind),
            FlagsOf(operation),
            operation.OffsetBytes,
            operation.LengthBytes,
            operation.Data)
        .Task;

    /// <summary>The extents that the server reports (BLOCK_STATUS of base:allocation); the whole range is Data if the
    /// server does not support it.</summary>
    /// <exception cref="IOException">The request failed.</exception>
    public IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        engine.GetExtents(start, count, max);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => engine.DisposeAsync();

    private static int ErrnoOf(IOException failure) =>
        failure.InnerException is SocketException socket ? socket.NativeErrorCode : 0;

    private static NbdCommand CommandOf(IoOperation operation) => operation switch
    {
        IoOperation.Read => NbdCommand.Read,
        IoOperation.Write => NbdCommand.Write,
        IoOperation.Flush => NbdCommand.Flush,
        IoOperation.Discard => NbdCommand.Trim,
        IoOperation.WriteZeroes => NbdCommand.WriteZeroes,
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, null),
    };

    private static CommandFlags FlagsOf(in DeviceOperation operation) =>
        (operation.ForceUnitAccess ? CommandFlags.ForceUnitAccess : CommandFlags.None)
        | (operation.Zeroing.HasFlag(WriteZeroesFlags.NoUnmap) ? CommandFlags.NoHole : CommandFlags.None)
        | (operation.Zeroing.HasFlag(WriteZeroesFlags.NoFallback) ? CommandFlags.FastZero : CommandFlags.None);
}
