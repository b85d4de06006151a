using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>
/// One request of a client device, from the call until its result is taken. Pooled, so a call allocates nothing.
/// <code>
///   free --Begin--> waiting --> on a connection --> Answer --GetResult--> free
///                      ^--- retried, on another ---+
/// </code>
/// Invariant: between Begin and Answer, only one connection accesses the memory; at other times, only the caller.
/// </summary>
internal sealed class ClientRequest(ClientRequestPool pool) : TransferCompletionSource
{
    internal NbdCommand Command { get; private set; }

    internal CommandFlags Flags { get; private set; }

    internal long OffsetBytes { get; private set; }

    internal long LengthBytes { get; private set; }

    /// <summary>The caller's memory, for a read or a write.</summary>
    internal SegmentBatch? Batch { get; private set; }

    /// <summary>The timestamp of the call.</summary>
    internal long CalledAt { get; private set; }

    /// <summary>How often the request was sent.</summary>
    internal int Tries { get; set; }

    /// <summary>For a flush: the writes that it covers (<see cref="UnflushedWrites"/>).</summary>
    internal long Covered { get; set; }

    /// <summary>The cookie on the current connection.</summary>
    internal ulong Cookie { get; set; }

    /// <summary>The bytes of a read that were received.</summary>
    internal ReceivedRanges Received { get; } = new();

    /// <summary>The extents of the reply, for a block status request.</summary>
    internal ExtentConverter? Extents { get; set; }

    /// <summary>The first error of the reply.</summary>
    internal IoStatus Error { get; set; }

    /// <summary>The next request in the pool.</summary>
    internal ClientRequest? Next { get; set; }

    /// <summary>The request changes the export's data.</summary>
    internal bool IsWrite => Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim;

    internal bool IsDurable => Flags.HasFlag(CommandFlags.ForceUnitAccess);

    /// <summary>For error messages: <c>the write at sector 8</c>.</summary>
    internal string Name => Command switch
    {
        NbdCommand.Read => $"the read at sector {OffsetBytes / Sector.SizeBytes}",
        NbdCommand.Write => $"the write at sector {OffsetBytes / Sector.SizeBytes}",
        NbdCommand.Flush => "the flush",
        NbdCommand.BlockStatus => $"the block status request at sector {OffsetBytes / Sector.SizeBytes}",
        NbdCommand.Trim => $"the discard at sector {OffsetBytes / Sector.SizeBytes}",
        NbdCommand.WriteZeroes => $"the zeroing at sector {OffsetBytes / Sector.SizeBytes}",
        _ => throw new InvalidOperationException($"{Command} is not a command of a device."),
    };

    internal void Begin(
        NbdCommand command, CommandFlags flags, long offsetBytes, long lengthBytes, SegmentBatch? batch, long calledAt)
    {
        (Command, Flags, OffsetBytes, LengthBytes, Batch, CalledAt) =
            (command, flags, offsetBytes, lengthBytes, batch, calledAt);
        Tries = 0;
        Extents = null;
    }

    /// <summary>Prepares the request for a connection, with a new cookie.</summary>
    internal RequestHeader Send(ulong cookie)
    {
        Cookie = cookie;
        Tries++;
        Error = IoStatus.Ok;
        Received.Clear();
        Extents?.Clear();
        return new RequestHeader(Command, Flags, cookie, (ulong)OffsetBytes, (uint)LengthBytes);
    }

    /// <summary>Completes the request. Its memory is released first.</summary>
    /// <param name="result">For a status, a result of 0 bytes.</param>
    /// <param name="isInline">The continuation runs within this call; otherwise, on the thread pool.</param>
    internal void Answer(TransferResult result, bool isInline)
    {
        Batch = null;
        SetResult(result, exception: null, isInline);
    }

    protected override void OnResultTaken() => pool.Return(this);
}

/// <summary>A pool of requests. One caller at a time takes from it; <see cref="Return"/> is thread-safe. The pool grows
/// to the largest number of concurrent requests.</summary>
internal sealed class ClientRequestPool
{
    private ClientRequest? free;

    // A stack that any thread pushes to; the owner takes all of it at once.
    private ClientRequest? returned;

    internal ClientRequest Take()
    {
        free ??= Interlocked.Exchange(ref returned, null) ?? new ClientRequest(this);
        var request = free;
        free = request.Next;
        request.Next = null;
        return request;
    }

    internal void Return(ClientRequest request)
    {
        ClientRequest? last;
        do
        {
            last = Volatile.Read(ref returned);
            request.Next = last;
        }
        while (Interlocked.CompareExchange(ref returned, request, last) != last);
    }
}

/// <summary>The bytes of a read that were received. It detects replies with gaps, which would leave old data in the
/// caller's memory, and with duplicates. Usually one growing range; ranges out of order are kept sorted.</summary>
internal sealed class ReceivedRanges
{
    /// <summary>Bounds the cost of a reply in many chunks out of order: each costs a search.</summary>
    private const int MaxRanges = 4096;

    private readonly List<(long Start, long End)> others = [];
    private long end;

    internal void Clear()
    {
        end = 0;
        others.Clear();
    }

    /// <summary>False: some of the bytes were received before, or there are too many ranges.</summary>
    internal bool TryAdd(long start, long length)
    {
        if (start == end && others.Count == 0)
        {
            end += length;
            return true;
        }

        var at = others.FindIndex(range => range.Start >= start);
        at = at < 0 ? others.Count : at;
        var before = at == 0 ? end : others[at - 1].End;
        var after = at == others.Count ? long.MaxValue : others[at].Start;
        if (start < before || start + length > after || others.Count == MaxRanges)
        {
            return false;
        }

        others.Insert(at, (start, start + length));
        var joined = 0;
        while (joined < others.Count && others[joined].Start == end)
        {
            end = others[joined++].End;
        }

        others.RemoveRange(0, joined);
        return true;
    }

    /// <summary>All bytes up to <paramref name="length"/> were received.</summary>
    internal bool IsAll(long length) => end == length && others.Count == 0;
}
