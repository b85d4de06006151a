namespace DmIo.Nbd.Server.Requests;

/// <summary>ReplyWriter that go out together: their headers, which lie here, and the data of parts, which stay where they
/// are. Filled, sent, then released, and filled again.</summary>
internal sealed class ReplyBatch
{
    private const int FirstHeaderBytes = 256;

    private readonly List<ReadOnlyMemory<byte>> buffers = [];
    private readonly List<RequestPart> parts = [];
    private readonly List<NbdRequest> ended = [];
    private byte[] headers = new byte[FirstHeaderBytes];
    private int used;
    private int lastStart;
    private bool lastIsHeader;

    internal IReadOnlyList<ReadOnlyMemory<byte>> Buffers => buffers;

    internal bool IsEmpty => buffers.Count == 0 && ended.Count == 0;

    /// <summary>Room for a header behind all that is there; one part with the header before it, if that is the
    /// last.</summary>
    internal Span<byte> AddHeader(int lengthBytes)
    {
        if (headers.Length - used < lengthBytes)
        {
            // The buffers hold what is full.
            headers = new byte[Math.Max(headers.Length * 2, lengthBytes)];
            used = 0;
            lastIsHeader = false;
        }

        var start = used;
        used += lengthBytes;
        if (lastIsHeader)
        {
            buffers[^1] = headers.AsMemory(lastStart, used - lastStart);
        }
        else
        {
            lastStart = start;
            lastIsHeader = true;
            buffers.Add(headers.AsMemory(start, lengthBytes));
        }

        return headers.AsSpan(start, lengthBytes);
    }

    /// <summary>The data of a part, which is released behind them.</summary>
    internal void AddData(RequestPart part)
    {
        for (var index = 0; index < part.Memory.SegmentCount; index++)
        {
            buffers.Add(part.Data(index));
        }

        lastIsHeader = false;
        parts.Add(part);
    }

    /// <summary>This was the last of the request.</summary>
    internal void End(NbdRequest request) => ended.Add(request);

    /// <summary>It was sent, or will not be.</summary>
    internal void Release(InFlightRequests inFlight)
    {
        buffers.Clear();
        parts.ForEach(part => part.Release());
        parts.Clear();
        used = 0;
        lastIsHeader = false;
        if (ended.Count > 0)
        {
            inFlight.End(ended);
            ended.Clear();
        }
    }
}
