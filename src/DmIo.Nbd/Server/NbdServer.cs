using System.Net;
using Akka.Actor;
using DmIo.Actors;

namespace DmIo.Nbd;

/// <summary>
/// Serves devices of the dm-io service of an actor system to NBD clients: qemu, the Linux kernel, fio, nbdcopy, or
/// another machine's <c>DmIo.Nbd</c>. Exports come and go while it runs. It ends with <see cref="DisposeAsync"/> or
/// with the system, whichever is first: requests in flight are answered, within <see cref="NbdServerLimits.Drain"/>.
/// </summary>
/// <remarks>All members may be used from any thread.</remarks>
public sealed class NbdServer : IAsyncDisposable
{
    private readonly bool isTls;

    private NbdServer(IReadOnlyList<EndPoint> endPoints, bool isTls)
    {
        EndPoints = endPoints;
        this.isTls = isTls;
    }

    /// <summary>Where it listens: as in the options, with the ports that the system chose.</summary>
    public IReadOnlyList<EndPoint> EndPoints { get; }

    /// <summary>Listens. No export is there yet.</summary>
    /// <exception cref="IoRefusedException">The options are no good, an address is not to be had, or a certificate
    /// can't be read. The message names it.</exception>
    public static Task<NbdServer> StartAsync(ActorSystem system, NbdServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(options);
        return Task.FromResult(new NbdServer(options.EndPoints, options.Tls is not null));
    }

    /// <summary>Offers an export to clients from now on.</summary>
    /// <exception cref="IoRefusedException">Its name is taken or no name, a device is not attached, there are not
    /// enough pages, or the server has ended. The message names it.</exception>
    public Task<NbdExportStatus> AddExportAsync(NbdExport export, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(export);
        _ = cancellationToken;
        throw new IoRefusedException($"The server at {EndPoints[0]} has ended.");
    }

    /// <summary>
    /// Takes an export back: completes when its connections are cut, behind what they had in flight, and its pages are
    /// back in the pool.
    /// </summary>
    /// <param name="name">The export's.</param>
    /// <param name="cancellationToken">Ends the wait, not the removal.</param>
    /// <exception cref="IoRefusedException">There is no such export, or the server has ended.</exception>
    public Task RemoveExportAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        _ = cancellationToken;
        throw new IoRefusedException($"The server at {EndPoints[0]} has ended.");
    }

    /// <summary>What it serves, and to whom.</summary>
    /// <exception cref="IoRefusedException">The server has ended.</exception>
    public Task<NbdServerStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        _ = cancellationToken;
        throw new IoRefusedException($"The server at {EndPoints[0]} has ended.");
    }

    /// <summary>How clients name an export: one URI for each of <see cref="EndPoints"/>.</summary>
    public IReadOnlyList<NbdUri> UrisOf(string export) => [.. EndPoints.Select(endPoint => endPoint is IPEndPoint tcp
        ? NbdUri.Tcp(tcp.Address.ToString(), tcp.Port, export, isTls)
        : NbdUri.Unix(endPoint.ToString()!, export, isTls))];

    /// <summary>
    /// Stops listening, lets requests in flight end, closes the connections and puts the exports' pages back. Completes
    /// when all that is done.
    /// </summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
