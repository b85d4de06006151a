namespace DmIo.Nbd.Server.Requests;

/// <summary>Replies that go out together: their headers, which lie here, and the data of pieces, which stay where they
/// are. Filled, sent, then released, and filled again.</summary>
internal sealed class ReplyBatch
{
    private const int FirstHeaderBytes = 256;

    private readonly List<ReadOnlyMemory<byte>> parts = [];
    private readonly List<Piece> pieces = [];
    private readonly List<Transaction> ended = [];
    private byte[] headers = new byte[FirstHeaderBytes];
    private int used;
    private int lastStart;
    private bool lastIsHeader;

    internal IReadOnlyList<ReadOnlyMemory<byte>> Parts => parts;

    internal bool IsEmpty => parts.Count == 0 && ended.Count == 0;

    /// <summary>Room for a header behind all that is there; one part with the header before it, if that is the
    /// last.</summary>
    internal Span<byte> AddHeader(int lengthBytes)
    {
        if (headers.Length - used < lengthBytes)
        {
            // The parts hold what is full.
            headers = new byte[Math.Max(headers.Length * 2, lengthBytes)];
            used = 0;
            lastIsHeader = false;
        }

        var start = used;
        used += lengthBytes;
        if (lastIsHeader)
        {
            parts[^1] = headers.AsMemory(lastStart, used - lastStart);
        }
        else
        {
            lastStart = start;
            lastIsHeader = true;
            parts.Add(headers.AsMemory(start, lengthBytes));
        }

        return headers.AsSpan(start, lengthBytes);
    }

    /// <summary>The data of a piece, which is released behind them.</summary>
    internal void AddData(Piece piece)
    {
        for (var index = 0; index < piece.Memory.SegmentCount; index++)
        {
            parts.Add(piece.Data(index));
        }

        lastIsHeader = false;
        pieces.Add(piece);
    }

    /// <summary>This was the last of the transaction.</summary>
    internal void End(Transaction transaction) => ended.Add(transaction);

    /// <summary>It was sent, or will not be.</summary>
    internal void Release(Flight flight)
    {
        parts.Clear();
        pieces.ForEach(piece => piece.Release());
        pieces.Clear();
        used = 0;
        lastIsHeader = false;
        if (ended.Count > 0)
        {
            flight.End(ended);
            ended.Clear();
        }
    }
}
