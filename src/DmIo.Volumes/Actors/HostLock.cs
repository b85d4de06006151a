using System.Net.Sockets;

namespace DmIo.Volumes.Actors;

/// <summary>
/// The right of one writer on a host to have a volume open: a bound Unix socket in the abstract namespace of Linux,
/// which ends with its process. Files and disks are locked by themselves; this lock also covers legs that cannot be
/// fenced, and a second opening in the same process. Elsewhere there is no such lock.
/// </summary>
internal sealed class HostLock : IDisposable
{
    private readonly Socket? socket;

    private HostLock(Socket? socket) => this.socket = socket;

    /// <summary>The identity of the host: Linux <c>/etc/machine-id</c>; empty: unknown.</summary>
    internal static Guid HostId { get; } = ReadHostId();

    /// <summary>Takes the lock of a volume.</summary>
    /// <exception cref="VolumeException">The volume is open on this host.</exception>
    internal static HostLock Take(Guid volume, string name)
    {
        if (!OperatingSystem.IsLinux())
        {
            return new HostLock(null);
        }

        var bound = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            bound.Bind(new UnixDomainSocketEndPoint($"\0dmio-volume-{volume:N}"));
            return new HostLock(bound);
        }
        catch (SocketException)
        {
            bound.Dispose();
            throw new VolumeException(
                $"The volume '{name}' is open already on this host, by this or another process or under another name; "
                + "close it there first.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket?.Dispose();

    private static Guid ReadHostId()
    {
        const string Source = "/etc/machine-id";
        return File.Exists(Source) && Guid.TryParse(File.ReadAllText(Source), out var host) ? host : Guid.Empty;
    }
}
