using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Client;

/// <summary>
/// Sends the requests of one device through its connections. Attached: requests are collected until
/// <see cref="Poll"/>, which sends them together and completes those that were answered; sockets, the timer and new
/// connections request a poll. Not attached, or during disposal: each request is sent at once, under a lock, and
/// completes on the thread pool.
/// <code>
///   call --> queue --a connection has room--> sent --reply--> answered
///             ^                               +--connection lost--> failed, TimedOut
///             +------- retried, if allowed ---+
/// </code>
/// </summary>
internal sealed class NbdEngine : IAsyncDisposable
{
    /// <summary>Bounds the length of one block status request, and so the size of its reply.</summary>
    private const long MaxBlockStatusBytes = 1L << 30;

    private readonly Lock gate = new();
    private readonly NbdDeviceOptions options;
    private readonly ConnectionSet connections;
    private readonly RequestQueue queue;
    private readonly ClientRequestPool pool = new();
    private readonly UnflushedWrites unflushed = new();
    private readonly DeadlineTimer timer;
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DeviceHost? host;
    private volatile bool isDisposing;
    private bool isPolling;
    private bool isPollRequested;
    private int inFlight;

    internal NbdEngine(NbdDeviceOptions options, Action<NbdDeviceEvents.NbdDeviceEvent> announce)
    {
        this.options = options;
        timer = new DeadlineTimer(options.Time, OnSignal);
        queue = new RequestQueue(options, timer);
        connections = new ConnectionSet(options, announce, OnSignal, OnReplied);
    }

    private bool IsSelfPolling => host is null || isDisposing;

    /// <summary>Connects. Returns the description of the device.</summary>
    /// <exception cref="IOException">The connection failed.</exception>
    internal async Task<DeviceDescription> OpenAsync(CancellationToken cancellationToken)
    {
        var export = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        OnSignal();
        return ExportGeometry.Describe(export, options.IsReadOnly);
    }

    internal void Attach(DeviceHost owner)
    {
        lock (gate)
        {
            Invariant.Require(host is null && inFlight == 0 && !isDisposing);
            host = owner;
        }
    }

    internal void Poll()
    {
        // A nested call, by an operation that is being completed: the outer call handles the added requests.
        if (host is null || isPolling)
        {
            return;
        }

        lock (gate)
        {
            if (PollOnce())
            {
                host.Wake();
            }
        }
    }

    internal ClientRequest Start(
        NbdCommand command,
        CommandFlags flags,
        long offsetBytes,
        long lengthBytes,
        SegmentBatch? batch,
        ExtentConverter? extents = null)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposing, this);
            var request = pool.Take();
            request.Begin(command, flags, offsetBytes, lengthBytes, batch, options.Time.GetTimestamp());
            request.Extents = extents;
            queue.Add(request);
            inFlight++;
            if (IsSelfPolling)
            {
                PollAll();
            }

            return request;
        }
    }

    /// <summary>Sends a block status request, and blocks until it is answered. Must not be called by the device's
    /// owner.</summary>
    internal IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max)
    {
        if (!connections.SupportsBlockStatus)
        {
            return [new DeviceExtent(count, ExtentKind.Data)];
        }

        var lengthBytes = Math.Min(count.Bytes, MaxBlockStatusBytes);
        var converter = new ExtentConverter(lengthBytes, max);
        Task<IoStatus> answer;
        lock (gate)
        {
            var flags = max == 1 ? CommandFlags.RequestOne : CommandFlags.None;
            var offsetBytes = start.Value * Sector.SizeBytes;
            answer = Start(NbdCommand.BlockStatus, flags, offsetBytes, lengthBytes, null, converter)
                .StatusTask.AsTask();
        }

        OnSignal();
        var status = answer.GetAwaiter().GetResult();
        return !status.IsOk ? throw new IOException(status.ToString())
            : converter.Extents is { Count: > 0 } found ? found
            : [new DeviceExtent(1, ExtentKind.Data)];
    }

    /// <summary>Fails the requests in flight. Their memory is released when this completes.</summary>
    public async ValueTask DisposeAsync()
    {
        ValueTask closing;
        lock (gate)
        {
            Invariant.Require(!isDisposing);
            isDisposing = true;
            closing = connections.DisposeAsync();
            PollAll();
        }

        await closing.ConfigureAwait(false);
        OnSignal();
        await drained.Task.ConfigureAwait(false);
        timer.Dispose();
    }

    /// <summary>Called for sockets, the timer and new connections, on any thread.</summary>
    private void OnSignal()
    {
        if (!IsSelfPolling)
        {
            host!.Wake();
            return;
        }

        lock (gate)
        {
            PollAll();
        }
    }

    private void PollAll()
    {
        if (isPolling)
        {
            isPollRequested = true;
            return;
        }

        do
        {
            isPollRequested = false;
        }
        while (PollOnce() || isPollRequested);

        if (isDisposing && inFlight == 0 && connections.IsEmpty)
        {
            drained.TrySetResult();
        }
    }

    /// <summary>True: call again soon, there is more to do.</summary>
    private bool PollOnce()
    {
        isPolling = true;
        try
        {
            connections.AddConnected();
            if (timer.TakeExpired())
            {
                FailTimedOut();
            }

            bool isMore;
            do
            {
                Dispatch();
                isMore = connections.Poll();
                while (connections.TryTakeBroken(out var lost))
                {
                    FailOver(lost);
                }
            }
            while (queue.Count > 0 && connections.CanAccept);
            return isMore;
        }
        finally
        {
            isPolling = false;
        }
    }

    private void Dispatch()
    {
        while (queue.First is { } request)
        {
            if (Refusal(request) is { IsOk: false } refusal)
            {
                queue.RemoveFirst();
                Answer(request, refusal);
            }
            else if (connections.TryChoose(out var connection))
            {
                queue.RemoveFirst();
                request.Covered = unflushed.Begin();
                connection.Add(request);
            }
            else
            {
                break;
            }
        }

        if (!connections.HasLive)
        {
            foreach (var request in queue.TakeOverdue(isConnected: false))
            {
                Answer(request, IoStatus.Failed(IoStatusCode.DeviceGone, connections.NotSentMessage(request)));
            }
        }
    }

    /// <summary>Why the request must not be sent; Ok: it can be sent.</summary>
    private IoStatus Refusal(ClientRequest request)
    {
        if (isDisposing)
        {
            return IoStatus.Failed(IoStatusCode.Stopped, $"The device was closed before {request.Name} was sent.");
        }

        if (connections.Change is { } change)
        {
            return IoStatus.Failed(IoStatusCode.DeviceFailed, $"{change} Reopen the device.");
        }

        if (request.Command != NbdCommand.Flush || unflushed.Lost == 0)
        {
            return IoStatus.Ok;
        }

        var message = $"A connection to {options.Uri} was lost when {unflushed.Lost} acknowledged writes were not "
            + "flushed; if the server lost its cache, they are lost. Later flushes cover only later writes.";
        unflushed.Reported();
        return IoStatus.DeviceError(message, (int)NbdError.InputOutput);
    }

    /// <summary>A deadline has passed. A request that was sent fails together with its connection.</summary>
    private void FailTimedOut()
    {
        foreach (var request in queue.TakeOverdue(connections.HasLive))
        {
            Answer(request, IoStatus.Failed(
                connections.HasLive ? IoStatusCode.TimedOut : IoStatusCode.DeviceGone,
                connections.NotSentMessage(request)));
        }

        connections.BreakTimedOut(queue);
    }

    private void FailOver(ClientConnection lost)
    {
        unflushed.ConnectionLost();
        Task? held = null;
        foreach (var request in lost.MayLinger ? lost.Linger(out held) : lost.TakeUnanswered())
        {
            if (!isDisposing && connections.Change is null && CanRetry(request, lost))
            {
                queue.AddRetry(request);
            }
            else
            {
                Answer(request, LossOf(request, lost), held);
            }
        }
    }

    private bool CanRetry(ClientRequest request, ClientConnection lost) =>
        !queue.HasTimedOut(request) && !lost.FillsMemory && request.Command switch
        {
            NbdCommand.Read or NbdCommand.BlockStatus => request.Tries <= options.ReadRetries,
            NbdCommand.Flush => false,
            _ => lost.WasEndedByServer && request.Tries <= options.WriteRetries,
        };

    private IoStatus LossOf(ClientRequest request, ClientConnection lost)
    {
        var unknown = request.IsWrite ? " It is unknown whether it took place." : "";
        if (queue.HasTimedOut(request))
        {
            return new IoStatus(IoStatusCode.TimedOut, new IoFailure(
                $"{options.Uri} did not answer {request.Name} within {options.RequestTimeout.TotalSeconds} s.{unknown}",
                ConnectionErrors.TimedOut));
        }

        var failure = lost.Failure!;
        return IoStatus.DeviceError(
            $"The connection to {options.Uri} was lost with {request.Name} in flight: {failure.Message}{unknown}",
            failure.Errno,
            failure.Exception);
    }

    /// <summary>The server replied.</summary>
    private void OnReplied(ClientRequest request, IoStatus error)
    {
        if (error.IsOk && request.Command == NbdCommand.Flush)
        {
            unflushed.Flushed(request.Covered);
        }
        else if (error.IsOk && request.IsWrite && !request.IsDurable)
        {
            unflushed.Written();
        }

        Answer(request, error);
    }

    private void Answer(ClientRequest request, IoStatus status, Task? held = null)
    {
        inFlight--;
        var result = status.IsOk ? TransferResult.Moved(request.LengthBytes) : TransferResult.Failed(status);
        request.Answer(
            result with { Held = held },
            isInline: !IsSelfPolling);
    }
}
