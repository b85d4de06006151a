using DmIo.Devices;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>
/// One call, from its beginning until its answer was taken; reused after that, so that a call allocates nothing.
/// <code>
///   free --Begin--> waiting --> on a connection --> Answer --GetResult--> free
///                      ^--- retried, on another ---+
/// </code>
/// Invariant: its memory is the caller's until Begin and after Answer; in between nobody but one connection has it.
/// </summary>
internal sealed class ClientRequest(ClientRequestPool pool) : AnswerSource
{
    internal NbdCommand Command { get; private set; }

    internal CommandFlags Flags { get; private set; }

    internal long OffsetBytes { get; private set; }

    internal long LengthBytes { get; private set; }

    /// <summary>The caller's, of a read or a write.</summary>
    internal SegmentBatch? Batch { get; private set; }

    /// <summary>When it was called, by the device's time.</summary>
    internal long CalledAt { get; private set; }

    /// <summary>How often it was sent.</summary>
    internal int Tries { get; set; }

    /// <summary>Of a flush: which writes it covers (<see cref="UnflushedWrites"/>).</summary>
    internal long Covered { get; set; }

    /// <summary>Its name on its connection, while it is on one.</summary>
    internal ulong Cookie { get; set; }

    /// <summary>Which bytes of a read have come.</summary>
    internal ReceivedRanges Received { get; } = new();

    /// <summary>What a reply tells of extents, where they were asked for.</summary>
    internal ExtentConverter? Extents { get; set; }

    /// <summary>The first error that its reply named.</summary>
    internal IoStatus Error { get; set; }

    /// <summary>The next one in the pool.</summary>
    internal ClientRequest? Next { get; set; }

    /// <summary>Does it change what the export holds?</summary>
    internal bool IsWrite => Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim;

    internal bool IsDurable => Flags.HasFlag(CommandFlags.ForceUnitAccess);

    /// <summary>For an error's text: <c>the write at sector 8</c>.</summary>
    internal string Name => Command switch
    {
        NbdCommand.Flush => "the flush",
        NbdCommand.BlockStatus => $"the question for extents at sector {OffsetBytes / Sector.SizeBytes}",
        NbdCommand.Trim => $"the discard at sector {OffsetBytes / Sector.SizeBytes}",
        NbdCommand.WriteZeroes => $"the zeroing at sector {OffsetBytes / Sector.SizeBytes}",
        _ => $"the {(Command == NbdCommand.Write ? "write" : "read")} at sector {OffsetBytes / Sector.SizeBytes}",
    };

    internal void Begin(
        NbdCommand command, CommandFlags flags, long offsetBytes, long lengthBytes, SegmentBatch? batch, long calledAt)
    {
        (Command, Flags, OffsetBytes, LengthBytes, Batch, CalledAt) =
            (command, flags, offsetBytes, lengthBytes, batch, calledAt);
        Tries = 0;
        Extents = null;
    }

    /// <summary>Takes its place on a connection, under a name that only its reply will have.</summary>
    internal RequestHeader Send(ulong cookie)
    {
        Cookie = cookie;
        Tries++;
        Error = IoStatus.Ok;
        Received.Clear();
        Extents?.Clear();
        return new RequestHeader(Command, Flags, cookie, (ulong)OffsetBytes, (uint)LengthBytes);
    }

    /// <summary>Lets the memory go, and then says what became of it: nobody touches the memory any more.</summary>
    /// <param name="result">For a status, one with 0 bytes.</param>
    /// <param name="isInline">Whoever waits goes on within this call; else on a thread of the pool.</param>
    internal void Answer(TransferResult result, bool isInline)
    {
        Batch = null;
        SetAnswer(result, defect: null, isInline);
    }

    protected override void OnTaken() => pool.Return(this);
}

/// <summary>Requests whose answer was taken, for the next calls. One takes at a time; <see cref="Return"/> comes from
/// any thread. As many as were ever under way together: bounded by who calls.</summary>
internal sealed class ClientRequestPool
{
    private ClientRequest? free;

    // A stack that others push to, and of which the owner takes all at once.
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

/// <summary>
/// Which bytes of a read have come, so that a reply with a gap or with something twice is known as such: a gap would
/// leave in the caller's memory what was there before. Mostly one range that grows; others are kept in order.
/// </summary>
internal sealed class ReceivedRanges
{
    /// <summary>No server that means well answers in more pieces, out of order; each costs a search.</summary>
    private const int MostOthers = 4096;

    private readonly List<(long Start, long End)> others = [];
    private long end;

    internal void Clear()
    {
        end = 0;
        others.Clear();
    }

    /// <summary>False: a part of it has come before, or it is one piece too many.</summary>
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
        if (start < before || start + length > after || others.Count == MostOthers)
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

    /// <summary>Have all bytes up to <paramref name="length"/> come?</summary>
    internal bool IsAll(long length) => end == length && others.Count == 0;
}
