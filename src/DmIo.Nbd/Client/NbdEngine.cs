using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Transport;

namespace DmIo.Nbd.Client;

/// <summary>
/// The calls of one device by its connections. Attached: calls are gathered until <see cref="Drive"/>, which sends all
/// of them together and completes what was answered on its caller's turn; whoever hears from a socket, a timer or a
/// new connection asks for a Drive. Not attached, and while it is disposed of: each call is sent at once, under a lock,
/// and completes on a thread of the pool.
/// <code>
///   call --> queue --a connection has room--> sent --reply--> answered
///             ^                               +--connection lost--> failed, TimedOut
///             +------- retried, if asked for -+
/// </code>
/// </summary>
internal sealed class NbdEngine : IAsyncDisposable
{
    /// <summary>Of one question for extents, so that the answer is not without bounds.</summary>
    private const long LongestQuestionBytes = 1L << 30;

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
    private bool isPumping;
    private bool isPumpedAgain;
    private int inFlight;

    internal NbdEngine(NbdDeviceOptions options, Action<NbdDeviceEvents.NbdDeviceEvent> announce)
    {
        this.options = options;
        timer = new DeadlineTimer(options.Time, OnSignal);
        queue = new RequestQueue(options, timer);
        connections = new ConnectionSet(options, announce, OnSignal, OnEnded);
    }

    private bool IsSelfPolling => host is null || isDisposing;

    /// <summary>Connects; what the device then is.</summary>
    /// <exception cref="IOException">It could not.</exception>
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

    internal void Drive()
    {
        // From within one, by an operation that is being completed: the outer one sees to what was added.
        if (host is null || isPumping)
        {
            return;
        }

        lock (gate)
        {
            if (PumpOnce())
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
                PumpAll();
            }

            return request;
        }
    }

    /// <summary>Asks the server, and waits for it; on any thread but the owner's.</summary>
    internal IReadOnlyList<DeviceExtent> GetExtents(Sector start, SectorCount count, int max)
    {
        if (!connections.TellsExtents)
        {
            return [new DeviceExtent(count, ExtentKind.Data)];
        }

        var lengthBytes = Math.Min(count.Bytes, LongestQuestionBytes);
        var converter = new ExtentConverter(lengthBytes, max);
        Task<IoStatus> answer;
        lock (gate)
        {
            var flags = max == 1 ? CommandFlags.RequestOne : CommandFlags.None;
            var offsetBytes = start.Value * Sector.SizeBytes;
            answer = Start(NbdCommand.BlockStatus, flags, offsetBytes, lengthBytes, null, converter).Status.AsTask();
        }

        OnSignal();
        var status = answer.GetAwaiter().GetResult();
        return !status.IsOk ? throw new IOException(status.ToString())
            : converter.Extents is { Count: > 0 } found ? found
            : [new DeviceExtent(1, ExtentKind.Data)];
    }

    /// <summary>What is under way fails; its memory is its callers' when this ends.</summary>
    public async ValueTask DisposeAsync()
    {
        ValueTask closing;
        lock (gate)
        {
            Invariant.Require(!isDisposing);
            isDisposing = true;
            closing = connections.DisposeAsync();
            PumpAll();
        }

        await closing.ConfigureAwait(false);
        OnSignal();
        await drained.Task.ConfigureAwait(false);
        timer.Dispose();
    }

    /// <summary>The way in for sockets, the timer and new connections, from any thread.</summary>
    private void OnSignal()
    {
        if (!IsSelfPolling)
        {
            host!.Wake();
            return;
        }

        lock (gate)
        {
            PumpAll();
        }
    }

    private void PumpAll()
    {
        if (isPumping)
        {
            isPumpedAgain = true;
            return;
        }

        do
        {
            isPumpedAgain = false;
        }
        while (PumpOnce() || isPumpedAgain);

        if (isDisposing && inFlight == 0 && connections.IsEmpty)
        {
            drained.TrySetResult();
        }
    }

    /// <summary>True: call it again soon, there is more to do.</summary>
    private bool PumpOnce()
    {
        isPumping = true;
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
                isMore = connections.Pump();
                while (connections.TryTakeBroken(out var lost))
                {
                    FailOver(lost);
                }
            }
            while (queue.Count > 0 && connections.CanTake);
            return isMore;
        }
        finally
        {
            isPumping = false;
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

    /// <summary>Why it is not sent at all; Ok where it is.</summary>
    private IoStatus Refusal(ClientRequest request)
    {
        if (isDisposing)
        {
            return IoStatus.Failed(IoStatusCode.Stopped, $"The device was closed before {request.Name} was sent.");
        }

        if (connections.Change is { } change)
        {
            return IoStatus.Failed(IoStatusCode.DeviceFailed, $"{change} Open the device anew.");
        }

        if (request.Command != NbdCommand.Flush || unflushed.Lost == 0)
        {
            return IoStatus.Ok;
        }

        var message = $"A connection to {options.Uri} was lost when {unflushed.Lost} acknowledged writes were not "
            + "flushed; if the server lost its cache, they are lost. Later flushes cover later writes alone.";
        unflushed.Reported();
        return IoStatus.DeviceError(message, (int)NbdError.InputOutput);
    }

    /// <summary>A deadline has passed: what was sent takes its connection along.</summary>
    private void FailTimedOut()
    {
        foreach (var request in queue.TakeOverdue(connections.HasLive))
        {
            Answer(request, IoStatus.Failed(
                connections.HasLive ? IoStatusCode.TimedOut : IoStatusCode.DeviceGone, connections.NotSentMessage(request)));
        }

        connections.BreakTimedOut(queue);
    }

    private void FailOver(ClientConnection lost)
    {
        unflushed.ConnectionLost();
        foreach (var request in lost.TakeUnanswered())
        {
            if (!isDisposing && connections.Change is null && CanRetry(request, lost))
            {
                queue.AddRetry(request);
            }
            else
            {
                Answer(request, LossOf(request, lost));
            }
        }
    }

    private bool CanRetry(ClientRequest request, ClientConnection lost) =>
        !queue.HasTimedOut(request) && request.Command switch
        {
            NbdCommand.Read or NbdCommand.BlockStatus => request.Tries <= options.ReadRetries,
            NbdCommand.Flush => false,
            _ => lost.WasEndedByServer && request.Tries <= options.WriteRetries,
        };

    private IoStatus LossOf(ClientRequest request, ClientConnection lost)
    {
        var unknown = request.IsWrite ? " Whether it took place is not known." : "";
        if (queue.HasTimedOut(request))
        {
            return new IoStatus(IoStatusCode.TimedOut, new IoFailure(
                $"{options.Uri} did not answer {request.Name} within {options.RequestTimeout.TotalSeconds} s.{unknown}",
                ConnectionErrors.TimedOut));
        }

        var failure = lost.Failure!;
        return IoStatus.DeviceError(
            $"The connection to {options.Uri} was lost with {request.Name} under way: {failure.Message}{unknown}",
            failure.Errno,
            failure.Exception);
    }

    /// <summary>The server answered.</summary>
    private void OnEnded(ClientRequest request, IoStatus error)
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

    private void Answer(ClientRequest request, IoStatus status)
    {
        inFlight--;
        request.Answer(
            status.IsOk ? TransferResult.Moved(request.LengthBytes) : TransferResult.Failed(status),
            isInline: !IsSelfPolling);
    }
}
