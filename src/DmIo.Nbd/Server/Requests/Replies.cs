using System.Buffers.Binary;
using DmIo.Io;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// Answers of one connection in the form that was agreed on: simple, or chunks. What failed is told with its words
/// where the form has room for them, and with a number that stands in our log too. Any thread.
/// </summary>
internal sealed class Replies(Outbox outbox, bool isStructured, IErrorLog errors)
{
    /// <summary>The context's id that a client is given for base:allocation.</summary>
    internal const uint AllocationContext = 1;

    /// <summary>Of an error's text; the protocol allows 4096.</summary>
    private const int MostTextBytes = 1024;

    internal bool IsStructured => isStructured;

    /// <summary>It went well, and that is all there is to say.</summary>
    internal void Done(Transaction transaction)
    {
        if (isStructured && transaction.Header.Command == NbdCommand.Read)
        {
            outbox.Add(transaction, static (ReplyBatch batch, in Transaction ended) =>
            {
                new ReplyChunk(ReplyChunkFlags.Done, ReplyChunkType.None, ended.Header.Cookie, 0)
                    .Write(batch.AddHeader(ReplyChunk.SizeBytes));
                batch.End(ended);
            });
        }
        else
        {
            outbox.Add(transaction, static (ReplyBatch batch, in Transaction ended) =>
            {
                new SimpleReply(NbdError.None, ended.Header.Cookie).Write(batch.AddHeader(SimpleReply.SizeBytes));
                batch.End(ended);
            });
        }
    }

    /// <summary>Data of a read that is answered in one run of bytes, with its header before the first of them: of the
    /// pieces from <paramref name="start"/> to before <paramref name="end"/>, in one step.</summary>
    internal void Data(Transaction transaction, List<Piece> pieces, int start, int end, bool isLast) =>
        outbox.Add((transaction, pieces, start, end, isLast, isStructured), static (
            ReplyBatch batch,
            in (Transaction Transaction, List<Piece> Pieces, int Start, int End, bool IsLast, bool IsChunk) reply) =>
        {
            if (reply.Start == 0)
            {
                PutDataHeader(batch, reply.Transaction.Header, reply.IsChunk);
            }

            for (var index = reply.Start; index < reply.End; index++)
            {
                batch.AddData(reply.Pieces[index]);
            }

            if (reply.IsLast)
            {
                batch.End(reply.Transaction);
            }
        });

    /// <summary>A chunk of data; where they are all zero, a hole.</summary>
    internal void Chunk(Transaction transaction, Piece piece, bool isLast)
    {
        var isHole = piece.IsZero();
        if (isHole)
        {
            piece.Release();
        }

        outbox.Add((transaction, piece, isLast, isHole), static (
            ReplyBatch batch, in (Transaction Transaction, Piece Piece, bool IsLast, bool IsHole) reply) =>
        {
            PutChunk(batch, reply.Transaction, reply.Piece, reply.IsLast, reply.IsHole);
            if (reply.IsLast)
            {
                batch.End(reply.Transaction);
            }
        });
    }

    /// <summary>The one chunk of a block status.</summary>
    internal void Extents(Transaction transaction, IReadOnlyList<Extent> extents) =>
        outbox.Add((transaction, extents), static (
            ReplyBatch batch, in (Transaction Transaction, IReadOnlyList<Extent> Extents) reply) =>
        {
            var payload = sizeof(uint) + (reply.Extents.Count * ReplyChunk.ExtentBytes);
            var bytes = batch.AddHeader(ReplyChunk.SizeBytes + payload);
            new ReplyChunk(
                ReplyChunkFlags.Done, ReplyChunkType.BlockStatus, reply.Transaction.Header.Cookie, (uint)payload)
                .Write(bytes);
            bytes = bytes[ReplyChunk.SizeBytes..];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, AllocationContext);
            foreach (var extent in reply.Extents)
            {
                bytes = bytes[sizeof(uint)..];
                BinaryPrimitives.WriteUInt32BigEndian(bytes, extent.LengthBytes);
                bytes = bytes[sizeof(uint)..];
                BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)extent.State);
            }

            batch.End(reply.Transaction);
        });

    /// <summary>It failed; nothing of a simple reply went out yet.</summary>
    internal void Error(Transaction transaction, NbdError error, in IoStatus status)
    {
        var text = errors.Log(transaction.Header, error, status);
        outbox.Add((transaction, error, Text: isStructured ? text : null), static (
            ReplyBatch batch, in (Transaction Transaction, NbdError Error, string? Text) reply) =>
        {
            if (reply.Text is null)
            {
                new SimpleReply(reply.Error, reply.Transaction.Header.Cookie)
                    .Write(batch.AddHeader(SimpleReply.SizeBytes));
            }
            else
            {
                PutError(batch, reply.Transaction.Header.Cookie, reply.Error, reply.Text);
            }

            batch.End(reply.Transaction);
        });
    }

    /// <summary>It failed behind its header: the connection ends.</summary>
    internal void Break(Transaction transaction, in IoStatus status) => errors.Break(transaction.Header, status);

    /// <summary>It ends without an answer, with its connection.</summary>
    internal void Forget(Transaction transaction) =>
        outbox.Add(transaction, static (ReplyBatch batch, in Transaction ended) => batch.End(ended));

    private static void PutDataHeader(ReplyBatch batch, in RequestHeader read, bool isChunk)
    {
        if (!isChunk)
        {
            new SimpleReply(NbdError.None, read.Cookie).Write(batch.AddHeader(SimpleReply.SizeBytes));
            return;
        }

        var bytes = batch.AddHeader(ReplyChunk.SizeBytes + ReplyChunk.DataOffsetBytes);
        new ReplyChunk(
            ReplyChunkFlags.Done, ReplyChunkType.OffsetData, read.Cookie, ReplyChunk.DataOffsetBytes + read.LengthBytes)
            .Write(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[ReplyChunk.SizeBytes..], read.Offset);
    }

    private static void PutChunk(ReplyBatch batch, Transaction transaction, Piece piece, bool isLast, bool isHole)
    {
        var type = isHole ? ReplyChunkType.OffsetHole : ReplyChunkType.OffsetData;
        var flags = isLast ? ReplyChunkFlags.Done : ReplyChunkFlags.None;
        var fixedBytes = isHole ? ReplyChunk.HoleBytes : ReplyChunk.DataOffsetBytes;
        var payload = isHole ? ReplyChunk.HoleBytes : ReplyChunk.DataOffsetBytes + piece.LengthBytes;
        var bytes = batch.AddHeader(ReplyChunk.SizeBytes + fixedBytes);
        new ReplyChunk(flags, type, transaction.Header.Cookie, (uint)payload).Write(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[ReplyChunk.SizeBytes..], (ulong)piece.Offset);
        if (isHole)
        {
            BinaryPrimitives.WriteUInt32BigEndian(
                bytes[(ReplyChunk.SizeBytes + sizeof(ulong))..], (uint)piece.LengthBytes);
        }
        else
        {
            batch.AddData(piece);
        }
    }

    private static void PutError(ReplyBatch batch, ulong cookie, NbdError error, string text)
    {
        var utf8 = NbdText.Shortened(text, MostTextBytes);
        var bytes = batch.AddHeader(ReplyChunk.SizeBytes + ReplyChunk.ErrorBytes + utf8.Length);
        new ReplyChunk(
            ReplyChunkFlags.Done, ReplyChunkType.Error, cookie, (uint)(ReplyChunk.ErrorBytes + utf8.Length))
            .Write(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[ReplyChunk.SizeBytes..], (uint)error);
        BinaryPrimitives.WriteUInt16BigEndian(
            bytes[(ReplyChunk.SizeBytes + sizeof(uint))..], (ushort)utf8.Length);
        utf8.CopyTo(bytes[(ReplyChunk.SizeBytes + ReplyChunk.ErrorBytes)..]);
    }
}
