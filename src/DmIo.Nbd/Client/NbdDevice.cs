using System.Net.Sockets;
using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>
/// An export of an NBD server (ours, nbdkit, qemu-nbd, nbd-server) as a device. Its size, blocks and abilities are what
/// the server says when it is opened; nothing that the server does not advertise is ever asked for. Of a size that is
/// no multiple of the block size the rest is neither read nor written.
/// </summary>
/// <remarks>
/// When a connection is lost, what was under way on it fails with DeviceError, errno ECONNRESET: whether a write took
/// place is then not known, and nothing is sent again unless <see cref="NbdDeviceOptions"/> say so. The connection is
/// tried anew in the background; meanwhile operations fail with DeviceGone, which means that they were not sent. An
/// export that comes back as another one fails the device (DeviceFailed). A write that was acknowledged and not
/// flushed when a connection was lost may be lost with the server's cache: the first flush after that fails, once.
/// A server that does not offer to flush is taken at its word that it has nothing to flush, as Linux does. What happens
/// to the connections of a device that is attached is published (<see cref="NbdDeviceEvents"/>).
/// </remarks>
public sealed class NbdDevice : IBlockDevice
{
    private readonly NbdEngine engine;

    private NbdDevice(NbdDeviceOptions options)
    {
        Uri = options.Uri;
        engine = new NbdEngine(options, News.Tell);
    }

    /// <summary>What happens to its connections.</summary>
    internal DeviceEventRelay News { get; } = new();

    /// <summary>Where the export is.</summary>
    public NbdUri Uri { get; }

    /// <inheritdoc/>
    public DeviceDescription Description { get; private set; } = null!; // set by OpenAsync

    /// <summary>Connects, and agrees with the server on the export.</summary>
    /// <exception cref="ArgumentException">The options can't be.</exception>
    /// <exception cref="DeviceOpenException">The server can't be reached, is none, refuses, or has no such export; or
    /// the export is smaller than a block.</exception>
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
        News.Listen(news => host.Publish(news with { Device = host.DeviceName }));
    }

    /// <inheritdoc/>
    public void Drive() => engine.Drive();

    /// <inheritdoc/>
    public ValueTask<TransferResult> ReadAsync(Sector start, SegmentBatch destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return Start(NbdCommand.Read, CommandFlags.None, start, destination.LengthBytes, destination).Transfer;
    }

    /// <inheritdoc/>
    public ValueTask<TransferResult> WriteAsync(Sector start, SegmentBatch source, bool forceUnitAccess)
    {
        ArgumentNullException.ThrowIfNull(source);
        var flags = forceUnitAccess ? CommandFlags.ForceUnitAccess : CommandFlags.None;
        return Start(NbdCommand.Write, flags, start, source.LengthBytes, source).Transfer;
    }

    /// <inheritdoc/>
    public ValueTask<IoStatus> FlushAsync() => Start(NbdCommand.Flush, CommandFlags.None, 0, 0).Status;

    /// <inheritdoc/>
    public ValueTask<IoStatus> DiscardAsync(Sector start, SectorCount count) =>
        Start(NbdCommand.Trim, CommandFlags.None, start, count.Bytes).Status;

    /// <inheritdoc/>
    public ValueTask<IoStatus> WriteZeroesAsync(Sector start, SectorCount count, WriteZeroesFlags flags)
    {
        var how = (flags.HasFlag(WriteZeroesFlags.NoUnmap) ? CommandFlags.NoHole : CommandFlags.None)
            | (flags.HasFlag(WriteZeroesFlags.NoFallback) ? CommandFlags.FastZero : CommandFlags.None);
        return Start(NbdCommand.WriteZeroes, how, start, count.Bytes).Status;
    }

    /// <summary>As the server tells them (BLOCK_STATUS of base:allocation); all Data where it does not.</summary>
    /// <exception cref="IOException">The server was asked, and did not answer.</exception>
    public IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max) =>
        engine.GetExtents(start, count, max);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => engine.DisposeAsync();

    private static int ErrnoOf(IOException failure) =>
        failure.InnerException is SocketException socket ? socket.NativeErrorCode : 0;

    private ClientRequest Start(
        NbdCommand command, CommandFlags flags, Sector start, long lengthBytes, SegmentBatch? batch = null) =>
        engine.Start(command, flags, start.Value * Sector.SizeBytes, lengthBytes, batch);
}
