using DmIo.Actors;
using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Server;

/// <summary>
/// One request of a client, from its header to its last reply byte; used again for the next. It is answered when its
/// pieces are done, and the receive loop has no more of them. Pieces end on any thread.
/// <code>
///   idle --Begin--> open --Add(isLast), Answer, Fail--> closed --all pieces ended--> answered --sent--> idle
///                     +--------------Abandon--------------+------------------------> forgotten --------^
/// </code>
/// A simple reply's data go in order, and once its header is out there is no way back: then an error ends the
/// connection, as the protocol has it.
/// </summary>
internal sealed class Transaction
{
    private readonly Lock gate = new();
    private readonly List<Piece> pieces = [];
    private readonly Export export;
    private readonly Replies replies;
    private readonly Piece first;
    private IoStatus failure;
    private NbdError error;
    private RequestHeader header;
    private int unfinished;
    private int inOrder;
    private bool isHeaderOut;
    private bool isForgotten;
    private bool needsFlush;

    internal Transaction(Export export, Replies replies)
    {
        this.export = export;
        this.replies = replies;
        first = new Piece(this);
    }

    internal RequestHeader Header => header;

    internal ExportLegs Legs => export.Legs;

    internal IoClient Client => export.Client;

    internal DmIoService Service => export.Service;

    internal long BlockBytes => export.Offer.DeviceBlockBytes;

    internal void Begin(in RequestHeader request)
    {
        header = request;
        pieces.Clear();
        failure = IoStatus.Ok;
        unfinished = 1;
        inOrder = 0;
        isHeaderOut = false;
        isForgotten = false;
        needsFlush = request.Command is NbdCommand.Trim or NbdCommand.WriteZeroes
            && request.Flags.HasFlag(CommandFlags.ForceUnitAccess);
    }

    /// <summary>A piece to be filled, added and sent, in this order.</summary>
    internal Piece NextPiece() => pieces.Count == 0 ? first : new Piece(this);

    /// <summary>It is about to be sent. Behind the last one the transaction is not the receive loop's any
    /// more.</summary>
    internal Piece Add(Piece piece, bool isLast)
    {
        lock (gate)
        {
            pieces.Add(piece);
            unfinished += isLast ? 0 : 1;
        }

        return piece;
    }

    /// <summary>There is nothing (more) to do.</summary>
    internal void Answer()
    {
        lock (gate)
        {
            unfinished--;
            SettleWhenDone();
        }
    }

    /// <summary>That is the status of its blocks.</summary>
    internal void Answer(IReadOnlyList<Extent> extents) => replies.Extents(this, extents);

    /// <summary>It was wrong, or can't go on: what pieces it has end first.</summary>
    internal void Fail(NbdError with, string message)
    {
        lock (gate)
        {
            Record(with, IoStatus.DeviceError(message));
            unfinished--;
            SettleWhenDone();
        }
    }

    /// <summary>Nobody waits for the answer any more.</summary>
    internal void Abandon()
    {
        lock (gate)
        {
            isForgotten = true;
            unfinished--;
            SettleWhenDone();
        }
    }

    /// <summary>By the piece, exactly once for each time it was sent.</summary>
    internal void Ended(Piece piece)
    {
        lock (gate)
        {
            Record(NbdErrors.Of(piece.Status, header.Command), piece.Status);
            unfinished--;
            if (header.Command != NbdCommand.Read)
            {
                piece.Release();
                SettleWhenDone();
            }
            else if (replies.IsStructured)
            {
                SendChunk(piece);
            }
            else
            {
                SendInOrder();
            }
        }
    }

    private void Record(NbdError told, in IoStatus status)
    {
        if (failure.IsOk && !status.IsOk)
        {
            failure = status;
            error = told;
        }
    }

    private void SendChunk(Piece piece)
    {
        if (failure.IsOk && !isForgotten)
        {
            replies.Chunk(this, piece, isLast: unfinished == 0);
        }
        else
        {
            piece.Release();
            SettleWhenDone();
        }
    }

    private void SendInOrder()
    {
        for (; inOrder < pieces.Count && pieces[inOrder].IsDone; inOrder++)
        {
            var piece = pieces[inOrder];
            if (failure.IsOk && !isForgotten)
            {
                var isLast = inOrder == pieces.Count - 1 && unfinished == 0;
                replies.Data(this, piece, isFirst: !isHeaderOut, isLast);
                isHeaderOut = true;
                if (isLast)
                {
                    return;
                }
            }
            else
            {
                piece.Release();
            }
        }

        SettleWhenDone();
    }

    private void SettleWhenDone()
    {
        if (isHeaderOut && !failure.IsOk && !isForgotten)
        {
            isForgotten = true;
            replies.Break(this, failure);
        }

        if (unfinished > 0)
        {
            return;
        }

        if (isForgotten || isHeaderOut)
        {
            replies.Forget(this);
        }
        else if (!failure.IsOk)
        {
            replies.Error(this, error, failure);
        }
        else if (needsFlush)
        {
            needsFlush = false;
            unfinished = 1;
            first.Flush();
        }
        else
        {
            replies.Done(this);
        }
    }
}
