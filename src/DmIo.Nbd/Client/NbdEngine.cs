using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>
/// The calls of one device by its connections. Attached: calls are gathered until <see cref="Drive"/>, which sends all
/// of them together and completes what was answered on its caller's turn; whoever hears from a socket, a timer or a
/// new connection asks for a Drive. Not attached, and while it is disposed of: each call is sent at once, under a lock,
/// and completes on a thread of the pool.
/// <code>
///   call --> line --a connection has room--> sent --reply--> answered
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
    private readonly RequestLine line;
    private readonly ClientRequestPool pool = new();
    private readonly FlushLedger ledger = new();
    private readonly DeadlineTimer timer;
    private readonly TaskCompletionSource drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DeviceHost? host;
    private volatile bool isDisposing;
    private bool isPumping;
    private bool isPumpedAgain;
    private int underWay;

    internal NbdEngine(NbdDeviceOptions options, Action<NbdDeviceEvents.NbdDeviceEvent> announce)
    {
        this.options = options;
        timer = new DeadlineTimer(options.Time, OnSignal);
        line = new RequestLine(options, timer);
        connections = new ConnectionSet(options, announce, OnSignal, OnEnded);
    }

    private bool DrivesItself => host is null || isDisposing;

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
            Invariant.Require(host is null && underWay == 0 && !isDisposing);
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
        ExtentFolding? extents = null)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposing, this);
            var request = pool.Take();
            request.Begin(command, flags, offsetBytes, lengthBytes, batch, options.Time.GetTimestamp());
            request.Extents = extents;
            line.Add(request);
            underWay++;
            if (DrivesItself)
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
        var folding = new ExtentFolding(lengthBytes, max);
        Task<IoStatus> answer;
        lock (gate)
        {
            var flags = max == 1 ? CommandFlags.RequestOne : CommandFlags.None;
            var offsetBytes = start.Value * Sector.SizeBytes;
            answer = Start(NbdCommand.BlockStatus, flags, offsetBytes, lengthBytes, null, folding).Status.AsTask();
        }

        OnSignal();
        var status = answer.GetAwaiter().GetResult();
        return !status.IsOk ? throw new IOException(status.ToString())
            : folding.Extents is { Count: > 0 } found ? found
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
        if (!DrivesItself)
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

        if (isDisposing && underWay == 0 && connections.IsEmpty)
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
            connections.Welcome();
            if (timer.TakeRing())
            {
                FindLate();
            }

            bool isMore;
            do
            {
                Dispatch();
                isMore = connections.Pump();
                while (connections.TryBury(out var lost))
                {
                    Bury(lost);
                }
            }
            while (line.Count > 0 && connections.CanTake);
            return isMore;
        }
        finally
        {
            isPumping = false;
        }
    }

    private void Dispatch()
    {
        while (line.First is { } request)
        {
            if (Refusal(request) is { IsOk: false } refusal)
            {
                line.RemoveFirst();
                Answer(request, refusal);
            }
            else if (connections.TryChoose(out var connection))
            {
                line.RemoveFirst();
                request.Covered = ledger.Begin();
                connection.Add(request);
            }
            else
            {
                break;
            }
        }

        if (!connections.HasLive)
        {
            foreach (var request in line.TakeOverdue(isConnected: false))
            {
                Answer(request, IoStatus.Failed(IoStatusCode.DeviceGone, connections.Absence(request)));
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

        if (request.Command != NbdCommand.Flush || ledger.InDoubt == 0)
        {
            return IoStatus.Ok;
        }

        var doubt = $"A connection to {options.Uri} was lost when {ledger.InDoubt} acknowledged writes were not "
            + "flushed; if the server lost its cache, they are lost. Later flushes cover later writes alone.";
        ledger.Told();
        return IoStatus.DeviceError(doubt, (int)NbdError.InputOutput);
    }

    /// <summary>A deadline has passed: what was sent takes its connection along.</summary>
    private void FindLate()
    {
        foreach (var request in line.TakeOverdue(connections.HasLive))
        {
            Answer(request, IoStatus.Failed(
                connections.HasLive ? IoStatusCode.TimedOut : IoStatusCode.DeviceGone, connections.Absence(request)));
        }

        connections.BreakLate(line);
    }

    private void Bury(ClientConnection lost)
    {
        ledger.Lost();
        foreach (var request in lost.TakeUnanswered())
        {
            if (!isDisposing && connections.Change is null && CanRetry(request, lost))
            {
                line.AddAgain(request);
            }
            else
            {
                Answer(request, LossOf(request, lost));
            }
        }
    }

    private bool CanRetry(ClientRequest request, ClientConnection lost) =>
        !line.IsLate(request) && request.Command switch
        {
            NbdCommand.Read or NbdCommand.BlockStatus => request.Tries <= options.ReadRetries,
            NbdCommand.Flush => false,
            _ => lost.WasEndedByServer && request.Tries <= options.WriteRetries,
        };

    private IoStatus LossOf(ClientRequest request, ClientConnection lost)
    {
        var unknown = request.IsWrite ? " Whether it took place is not known." : "";
        if (line.IsLate(request))
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
            ledger.Flushed(request.Covered);
        }
        else if (error.IsOk && request.IsWrite && !request.IsDurable)
        {
            ledger.Written();
        }

        Answer(request, error);
    }

    private void Answer(ClientRequest request, IoStatus status)
    {
        underWay--;
        request.Answer(
            status.IsOk ? TransferResult.Moved(request.LengthBytes) : TransferResult.Failed(status),
            isInline: !DrivesItself);
    }
}
