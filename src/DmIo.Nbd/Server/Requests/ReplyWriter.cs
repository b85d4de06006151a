using System.Buffers.Binary;
using DmIo.Io;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;

namespace DmIo.Nbd.Server.Requests;

/// <summary>Writes the replies of one connection in the negotiated form: simple or structured. Errors carry their
/// message if the form supports that, and are logged with a number. Thread-safe.</summary>
internal sealed class ReplyWriter(SendQueue sendQueue, bool isStructured, IRequestErrorLog errors)
{
    /// <summary>The maximum length of an error message, in bytes; the protocol allows 4096.</summary>
    private const int MaxTextBytes = 1024;

    internal bool IsStructured => isStructured;

    /// <summary>Success without data.</summary>
    internal void Done(NbdRequest request)
    {
        if (isStructured && request.Header.Command == NbdCommand.Read)
        {
            sendQueue.Add(request, static (ReplyBatch batch, in NbdRequest ended) =>
            {
                new ReplyChunk(ReplyChunkFlags.Done, ReplyChunkType.None, ended.Header.Cookie, 0)
                    .Write(batch.AddHeader(ReplyChunk.SizeBytes));
                batch.End(ended);
            });
        }
        else
        {
            sendQueue.Add(request, static (ReplyBatch batch, in NbdRequest ended) =>
            {
                new SimpleReply(NbdError.None, ended.Header.Cookie).Write(batch.AddHeader(SimpleReply.SizeBytes));
                batch.End(ended);
            });
        }
    }

    /// <summary>The data of a contiguous read, from part <paramref name="start"/> to before <paramref name="end"/>, in
    /// one step. The header precedes the first part.</summary>
    internal void Data(NbdRequest request, List<RequestPart> parts, int start, int end, bool isLast) =>
        sendQueue.Add((request, parts, start, end, isLast, isStructured), static (
            ReplyBatch batch,
            in (NbdRequest Request, List<RequestPart> Parts, int Start, int End, bool IsLast, bool IsChunk) reply) =>
        {
            if (reply.Start == 0)
            {
                PutDataHeader(batch, reply.Request.Header, reply.IsChunk);
            }

            for (var index = reply.Start; index < reply.End; index++)
            {
                batch.AddData(reply.Parts[index]);
            }

            if (reply.IsLast)
            {
                batch.End(reply.Request);
            }
        });

    /// <summary>A chunk of data, or a hole if all bytes are zero.</summary>
    internal void Chunk(NbdRequest request, RequestPart part, bool isLast)
    {
        var isHole = part.IsZero();
        if (isHole)
        {
            part.Release();
        }

        sendQueue.Add((request, part, isLast, isHole), static (
            ReplyBatch batch, in (NbdRequest Request, RequestPart Part, bool IsLast, bool IsHole) reply) =>
        {
            PutChunk(batch, reply.Request, reply.Part, reply.IsLast, reply.IsHole);
            if (reply.IsLast)
            {
                batch.End(reply.Request);
            }
        });
    }

    /// <summary>The chunk of a block status reply.</summary>
    internal void Extents(NbdRequest request, IReadOnlyList<BlockStatusExtent> extents) =>
        sendQueue.Add((request, extents), static (
            ReplyBatch batch, in (NbdRequest Request, IReadOnlyList<BlockStatusExtent> Extents) reply) =>
        {
            var payload = sizeof(uint) + (reply.Extents.Count * ReplyChunk.ExtentBytes);
            var bytes = batch.AddHeader(ReplyChunk.SizeBytes + payload);
            new ReplyChunk(
                ReplyChunkFlags.Done, ReplyChunkType.BlockStatus, reply.Request.Header.Cookie, (uint)payload)
                .Write(bytes);
            bytes = bytes[ReplyChunk.SizeBytes..];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, OfferedExport.AllocationContext);
            foreach (var extent in reply.Extents)
            {
                bytes = bytes[sizeof(uint)..];
                BinaryPrimitives.WriteUInt32BigEndian(bytes, extent.LengthBytes);
                bytes = bytes[sizeof(uint)..];
                BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)extent.State);
            }

            batch.End(reply.Request);
        });

    /// <summary>An error, if no header was sent.</summary>
    internal void Error(NbdRequest request, NbdError error, in IoStatus status)
    {
        var text = errors.Log(request.Header, error, status);
        sendQueue.Add((request, error, Text: isStructured ? text : null), static (
            ReplyBatch batch, in (NbdRequest Request, NbdError Error, string? Text) reply) =>
        {
            if (reply.Text is null)
            {
                new SimpleReply(reply.Error, reply.Request.Header.Cookie)
                    .Write(batch.AddHeader(SimpleReply.SizeBytes));
            }
            else
            {
                PutError(batch, reply.Request.Header.Cookie, reply.Error, reply.Text);
            }

            batch.End(reply.Request);
        });
    }

    /// <summary>An error after the header: ends the connection.</summary>
    internal void Break(NbdRequest request, in IoStatus status) => errors.AbortConnection(request.Header, status);

    /// <summary>Ends the request without a reply.</summary>
    internal void Drop(NbdRequest request) =>
        sendQueue.Add(request, static (ReplyBatch batch, in NbdRequest ended) => batch.End(ended));

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

    private static void PutChunk(ReplyBatch batch, NbdRequest request, RequestPart part, bool isLast, bool isHole)
    {
        var type = isHole ? ReplyChunkType.OffsetHole : ReplyChunkType.OffsetData;
        var flags = isLast ? ReplyChunkFlags.Done : ReplyChunkFlags.None;
        var fixedBytes = isHole ? ReplyChunk.HoleBytes : ReplyChunk.DataOffsetBytes;
        var payload = isHole ? ReplyChunk.HoleBytes : ReplyChunk.DataOffsetBytes + part.LengthBytes;
        var bytes = batch.AddHeader(ReplyChunk.SizeBytes + fixedBytes);
        new ReplyChunk(flags, type, request.Header.Cookie, (uint)payload).Write(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[ReplyChunk.SizeBytes..], (ulong)part.Offset);
        if (isHole)
        {
            BinaryPrimitives.WriteUInt32BigEndian(
                bytes[(ReplyChunk.SizeBytes + sizeof(ulong))..], (uint)part.LengthBytes);
        }
        else
        {
            batch.AddData(part);
        }
    }

    private static void PutError(ReplyBatch batch, ulong cookie, NbdError error, string text)
    {
        var utf8 = NbdText.Shortened(text, MaxTextBytes);
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

/// <summary>Logs the failed requests of a connection, each with its own number.</summary>
internal interface IRequestErrorLog
{
    /// <summary>Logs an error that the client is sent.</summary>
    /// <returns>The message for the client, with the number.</returns>
    string Log(in RequestHeader request, NbdError error, in IoStatus status);

    /// <summary>Aborts the connection: the error cannot be sent, because the reply was started.</summary>
    void AbortConnection(in RequestHeader request, in IoStatus status);
}
