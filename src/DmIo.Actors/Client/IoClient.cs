using Akka.Actor;
using Akka.Event;
using DmIo.Actors.Protocol;
using DmIo.Actors.Requests;
using DmIo.Actors.Telemetry;
using DmIo.Io;
using DmIo.Memory;
using static DmIo.Actors.Client.ClientProtocol;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Actors.Client;

/// <summary>
/// A client of the service: a lease and its requests, with tasks instead of messages.
/// <see cref="DmIoService.OpenAsync"/> opens it. The class is thread-safe. <see cref="IoClientBlocking"/> has the
/// blocking forms, <see cref="IoClientCallbacks"/> the forms with a callback.
/// </summary>
/// <remarks>
/// A request that breaks a rule (R1 to R3: no region, more than 64, overlapping regions, too little memory ...) throws
/// <see cref="IoRefusedException"/> from the call itself. The result holds one status for each region. Requests that
/// exceed the lease's pages wait in call order, without a limit on their number, and are never refused for this reason
/// (R19); a waiting request costs about 800 bytes. Each request has exactly one outcome, even if the service ends. A
/// client that is not disposed of keeps its pages until the system ends. A canceled token ends the wait. It withdraws a
/// request that waits for the lease's pages; a dispatched request continues. The canceled task does not say which of
/// the two happened, so the memory of a canceled request may be in use until the client is disposed of (R10).
/// </remarks>
public sealed class IoClient : IDisposable, IAsyncDisposable
{
    private readonly OutstandingRequests outstanding = new();
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IActorRef owner;
    private readonly Action<IThreadPoolWorkItem> background;
    private readonly ILoggingAdapter log;
    private volatile bool isDisposed;

    /// <param name="lease">Its lease.</param>
    /// <param name="requests">The lease's request actor.</param>
    /// <param name="owner">The lease's owner.</param>
    /// <param name="background">Runs callbacks.</param>
    /// <param name="log">Receives the exceptions of callbacks.</param>
    internal IoClient(
        PageLease lease,
        IActorRef requests,
        IActorRef owner,
        Action<IThreadPoolWorkItem> background,
        ILoggingAdapter log)
    {
        Lease = lease;
        Requests = requests;
        this.owner = owner;
        this.background = background;
        this.log = log;
    }

    /// <summary>
    /// The lease. I/O may use its pages or any other memory; its size bounds the I/O in flight. Do not touch its pages
    /// after the client is disposed of.
    /// </summary>
    public PageLease Lease { get; }

    /// <summary>The lease's request actor.</summary>
    internal IActorRef Requests { get; }

    /// <summary>Requests without an outcome.</summary>
    internal int OutstandingCount => outstanding.Count;

    /// <summary>Sends a request of any operation. The methods below are shorter forms of this one.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="regions">1 to 64 regions, exactly 1 for a read; copied.</param>
    /// <param name="memory">The memory of a read or write, at least as long as the largest region; null for other
    /// operations.</param>
    /// <param name="options">Durability, deadline, context.</param>
    /// <param name="cancellationToken">Ends the wait, and withdraws the request if it still waits for the lease's
    /// pages. If the token is canceled before the call, no request is sent.</param>
    /// <returns>The outcome. If the service is ending, the task fails with <see cref="IoRefusedException"/>, and no
    /// device is touched.</returns>
    /// <exception cref="IoRefusedException">The request breaks a rule, or the service has ended. Nothing
    /// happened.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed of.</exception>
    public Task<IoResult> RequestAsync(
        IoOperation operation,
        IReadOnlyList<IoRegion> regions,
        IoMemory? memory = null,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(operation, Snapshot(regions), memory, options, cancellationToken);

    /// <summary>Reads a region into memory. Sectors that a failed read did not transfer are zeroed (R8).</summary>
    public Task<IoResult> ReadAsync(
        IoRegion region,
        IoMemory memory,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(IoOperation.Read, [region], memory, options, cancellationToken);

    /// <summary>Writes the same memory to every region, each from the memory's first byte (R5).</summary>
    public Task<IoResult> WriteAsync(
        IReadOnlyList<IoRegion> regions,
        IoMemory memory,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(IoOperation.Write, Snapshot(regions), memory, options, cancellationToken);

    /// <summary>Writes memory to a region.</summary>
    public Task<IoResult> WriteAsync(
        IoRegion region,
        IoMemory memory,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(IoOperation.Write, [region], memory, options, cancellationToken);

    /// <summary>Makes all completed writes to the devices of the regions durable (R14). Sectors and counts are
    /// ignored.</summary>
    public Task<IoResult> FlushAsync(
        IReadOnlyList<IoRegion> regions,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(IoOperation.Flush, Snapshot(regions), null, options, cancellationToken);

    /// <summary>Makes all completed writes to a device durable (R14).</summary>
    public Task<IoResult> FlushAsync(
        string device,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(IoOperation.Flush, [new IoRegion(device, 0, 0)], null, options, cancellationToken);

    /// <summary>Discards the sectors of the regions: their content is undefined afterwards.</summary>
    public Task<IoResult> DiscardAsync(
        IReadOnlyList<IoRegion> regions,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(IoOperation.Discard, Snapshot(regions), null, options, cancellationToken);

    /// <summary>Discards the sectors of a region: their content is undefined afterwards.</summary>
    public Task<IoResult> DiscardAsync(
        IoRegion region,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(IoOperation.Discard, [region], null, options, cancellationToken);

    /// <summary>Zeroes the sectors of the regions.</summary>
    public Task<IoResult> WriteZeroesAsync(
        IReadOnlyList<IoRegion> regions,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(IoOperation.WriteZeroes, Snapshot(regions), null, options, cancellationToken);

    /// <summary>Zeroes the sectors of a region.</summary>
    public Task<IoResult> WriteZeroesAsync(
        IoRegion region,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(IoOperation.WriteZeroes, [region], null, options, cancellationToken);

    /// <summary>
    /// Sends a request whose <see cref="IoCompletion"/> receives the outcome, without allocating: for callers that send
    /// many requests. The request actor checks the rules and the bound on waiting requests
    /// (<c>dmio.leases.waiting-per-page</c>), which also counts the waiting requests of the other methods; a refused
    /// request ends in <see cref="IoCompletion.OnRefused"/>.
    /// </summary>
    /// <param name="request">Its completion is an <see cref="IoCompletion"/> that is not in use by another request. The
    /// caller may change the regions again after the outcome.</param>
    /// <returns>False: the client was disposed of, or the service has ended. The request is not sent, and the
    /// completion is not called.</returns>
    /// <exception cref="InvalidOperationException">The completion is in use by a pending request.</exception>
    public bool TrySend(IoRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var completion = request.Completion as IoCompletion ?? throw new ArgumentException(
            $"TrySend requires a request whose completion is an {nameof(IoCompletion)}.", nameof(request));
        completion.Begin(outstanding);
        if (outstanding.TryAdd(completion))
        {
            Tell(request);
            return true;
        }

        completion.TakeBack();
        return false;
    }

    /// <summary>
    /// Puts the lease back, without waiting: requests in flight still complete, and the pages return to the pool when
    /// the devices have released them (R18).
    /// </summary>
    public void Dispose()
    {
        isDisposed = true;
        if (outstanding.Close())
        {
            owner.Tell(CloseClient.Instance, ActorRefs.NoSender);
        }
    }

    /// <summary>Puts the lease back. Completes when all its requests have their outcomes and its pages are back in the
    /// pool. A callback may run slightly later.</summary>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return new ValueTask(closed.Task);
    }

    /// <summary>Waits no longer for a device: the regions of dispatched requests on it end as TimedOut.</summary>
    internal void GiveUp(string device) => Requests.Tell(new GiveUpDevice(device), ActorRefs.NoSender);

    /// <summary>Sends a request whose outcome goes to a delegate.</summary>
    internal void Send(
        IoOperation operation,
        IReadOnlyList<IoRegion> regions,
        IoMemory? memory,
        IoNotify callback,
        object? context,
        RequestOptions? options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var copy = Snapshot(regions);
        var completion = new CallbackCompletion(outstanding, callback, context, background, log)
        {
            RegionCount = copy.Length,
            RequestContext = options?.Context,
        };
        var request = NewRequest(operation, copy, memory, options, completion);
        Admit(request, completion);
        Tell(request);
    }

    /// <summary>The request actor has ended: requests that it had not accepted were never begun.</summary>
    internal void End()
    {
        foreach (var request in outstanding.End())
        {
            request.Stop($"The service or {Lease.Id} was stopped before the request was begun.");
        }
    }

    /// <summary>The lease was put back, or has ended with the service.</summary>
    internal void Closed() => closed.TrySetResult();

    private static IoRegion[] Snapshot(IReadOnlyList<IoRegion>? regions) => regions is null ? [] : [.. regions];

    private static IoRequest NewRequest(
        IoOperation operation,
        IoRegion[] regions,
        IoMemory? memory,
        RequestOptions? options,
        IOutstanding completion) =>
        new()
        {
            Operation = operation,
            Regions = regions,
            Memory = memory,
            ForceUnitAccess = options?.ForceUnitAccess ?? false,
            NoExtend = options?.NoExtend ?? false,
            Edges = options?.Edges ?? default,
            Zeroing = options?.Zeroing ?? WriteZeroesFlags.None,
            Priority = options?.Priority ?? IoPriority.BestEffort,
            Deadline = options?.Deadline,
            Context = options?.Context,
            Completion = completion,
            WaitsForRoom = true,
            Parent = DmIoTracing.Current,
        };

    private Task<IoResult> SendAsync(
        IoOperation operation,
        IoRegion[] regions,
        IoMemory? memory,
        RequestOptions? options,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<IoResult>(cancellationToken);
        }

        var completion = new TaskCompletion(outstanding, Requests, regions.Length, options?.Context);
        var request = NewRequest(operation, regions, memory, options, completion);
        Admit(request, completion);
        completion.CancelBy(cancellationToken);
        Tell(request);
        return completion.Task;
    }

    /// <summary>Checks the request, and adds it to the outstanding requests.</summary>
    private void Admit(IoRequest request, IOutstanding completion)
    {
        if (RequestRules.Check(request) is { } fault)
        {
            throw new IoRefusedException(fault, IoRefusal.BreaksRule);
        }

        if (!outstanding.TryAdd(completion))
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            throw new IoRefusedException(
                $"{Lease.Id} has ended, alone or with the service; open another client.", IoRefusal.Stopped);
        }
    }

    /// <summary>Sends a request that is among the outstanding.</summary>
    private void Tell(IoRequest request)
    {
        Requests.Tell(request, ActorRefs.NoSender);
        if (outstanding.Sent())
        {
            owner.Tell(CloseClient.Instance, ActorRefs.NoSender);
        }
    }
}
