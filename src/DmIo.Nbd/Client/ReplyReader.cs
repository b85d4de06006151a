using System.Buffers.Binary;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>
/// Takes a connection's replies apart, from bytes that come in whatever pieces, and copies what was read to where it is
/// wanted; the rest of a large payload may be received straight to there (<see cref="TryGetDestination"/>).
/// <code>
///   header --simple, done--> header          header --read's payload--> copying --> header
///   header --chunk's fixed part--> chunk --> header, or copying
/// </code>
/// What breaks the protocol, or is for no request, is a <see cref="Fault"/>: from there on nothing can be understood.
/// </summary>
internal sealed class ReplyReader(RequestSlots slots, NegotiatedExport export, Action<ClientRequest, IoStatus> ended)
{
    /// <summary>More is no error's text.</summary>
    private const uint LongestChunk = 64 * 1024;

    /// <summary>More extents no server should send at a time, says the specification.</summary>
    private const uint MostExtents = 1 << 20;

    private readonly byte[] partial = new byte[LongestChunk];
    private int partialBytes;
    private int wantedBytes = SimpleReply.SizeBytes;
    private bool isInChunk;
    private ReplyChunk chunk;
    private ClientRequest? request;
    private long copyOffset;
    private long copyRest;
    private bool endsWithCopy;
    private long extentsLeft;

    /// <summary>What the server did wrong, as the rest of a sentence; null while all is well.</summary>
    internal string? Fault { get; private set; }

    /// <summary>The server answered that it is shutting down.</summary>
    internal bool HasShutdown { get; private set; }

    /// <summary>The bytes came, in this order.</summary>
    internal void Take(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && Fault is null)
        {
            if (copyRest > 0)
            {
                var length = (int)Math.Min(copyRest, bytes.Length);
                CopyTo(request!.Batch!, copyOffset, bytes[..length]);
                bytes = bytes[length..];
                Copied(length);
            }
            else if (partialBytes == 0 && bytes.Length >= wantedBytes)
            {
                var length = wantedBytes;
                Read(bytes[..length]);
                bytes = bytes[length..];
            }
            else
            {
                var length = Math.Min(wantedBytes - partialBytes, bytes.Length);
                bytes[..length].CopyTo(partial.AsSpan(partialBytes));
                bytes = bytes[length..];
                partialBytes += length;
                if (partialBytes == wantedBytes)
                {
                    partialBytes = 0;
                    Read(partial.AsSpan(0, wantedBytes));
                }
            }
        }
    }

    /// <summary>True: the next bytes are a payload of at least <paramref name="leastBytes"/>, and this is where they
    /// go; say <see cref="DestinationFilled"/> when they are there.</summary>
    internal bool TryGetDestination(SegmentBatch destination, long leastBytes)
    {
        if (copyRest < leastBytes)
        {
            return false;
        }

        destination.Clear();
        destination.AddFrom(request!.Batch!, copyOffset, copyRest);
        return true;
    }

    /// <summary>All that was aimed at has come.</summary>
    internal void DestinationFilled() => Copied(copyRest);

    private static void CopyTo(SegmentBatch batch, long offset, ReadOnlySpan<byte> bytes)
    {
        foreach (var segment in batch.Segments)
        {
            if (offset >= segment.Length)
            {
                offset -= segment.Length;
                continue;
            }

            var length = Math.Min(bytes.Length, segment.Length - (int)offset);
            bytes[..length].CopyTo(segment.Span[(int)offset..]);
            bytes = bytes[length..];
            offset = 0;
            if (bytes.IsEmpty)
            {
                return;
            }
        }
    }

    private void Copied(long bytes)
    {
        copyOffset += bytes;
        copyRest -= bytes;
        if (copyRest == 0 && endsWithCopy)
        {
            End();
        }
    }

    private void Read(ReadOnlySpan<byte> bytes)
    {
        if (isInChunk)
        {
            isInChunk = false;
            ReadChunk(bytes);
        }
        else if (extentsLeft > 0)
        {
            ReadExtent(bytes);
        }
        else if (wantedBytes == ReplyChunk.SizeBytes)
        {
            wantedBytes = SimpleReply.SizeBytes;
            BeginChunk(ReplyChunk.Read(bytes));
        }
        else
        {
            ReadMagic(bytes);
        }
    }

    /// <summary>A simple reply's header is as long as a chunk's first 16 bytes, which say which it is.</summary>
    private void ReadMagic(ReadOnlySpan<byte> bytes)
    {
        switch (BinaryPrimitives.ReadUInt32BigEndian(bytes))
        {
            case NbdMagic.SimpleReply:
                BeginSimple(SimpleReply.Read(bytes));
                break;
            case NbdMagic.StructuredReply when export.HasStructuredReplies:
                bytes.CopyTo(partial);
                partialBytes = bytes.Length;
                wantedBytes = ReplyChunk.SizeBytes;
                break;
            case NbdMagic.StructuredReply:
                Fault = "sent a structured reply, which was not agreed on";
                break;
            case var magic:
                Fault = $"sent 0x{magic:x8} where a reply begins";
                break;
        }
    }

    private void BeginSimple(SimpleReply reply)
    {
        if (!Find(reply.Cookie))
        {
            return;
        }

        if (reply.Error != NbdError.None)
        {
            Fail(reply.Error, "");
            End();
        }
        else if (request!.Command != NbdCommand.Read)
        {
            End();
        }
        else if (export.HasStructuredReplies)
        {
            Fault = "answered a read with a simple reply, though structured ones were agreed on";
        }
        else
        {
            request.Received.TryAdd(0, request.LengthBytes);
            Copy(0, request.LengthBytes, isLast: true);
        }
    }

    private void BeginChunk(ReplyChunk header)
    {
        chunk = header;
        if (!Find(header.Cookie))
        {
            return;
        }

        var isData = header.Type == ReplyChunkType.OffsetData;
        var isExtents = header.Type == ReplyChunkType.BlockStatus;
        if (isData && header.LengthBytes <= ReplyChunk.DataOffsetBytes)
        {
            Fault = "sent a chunk of data without data";
        }
        else if (isExtents && !AreExtents(header.LengthBytes))
        {
            Fault = $"sent a list of extents of {header.LengthBytes} bytes";
        }
        else if (!isData && !isExtents && header.LengthBytes > LongestChunk)
        {
            Fault = $"sent a chunk of type {(ushort)header.Type} and {header.LengthBytes} bytes";
        }
        else if (header.LengthBytes == 0)
        {
            ReadChunk([]);
        }
        else
        {
            isInChunk = true;
            wantedBytes = isData ? ReplyChunk.DataOffsetBytes : isExtents ? sizeof(uint) : (int)header.LengthBytes;
        }
    }

    private void ReadChunk(ReadOnlySpan<byte> payload)
    {
        wantedBytes = SimpleReply.SizeBytes;
        switch (chunk.Type)
        {
            case ReplyChunkType.None when payload.IsEmpty && chunk.IsDone:
                End();
                break;
            case ReplyChunkType.OffsetData when request!.Command == NbdCommand.Read:
                BeginContent(payload, chunk.LengthBytes - ReplyChunk.DataOffsetBytes, isHole: false);
                break;
            case ReplyChunkType.OffsetHole
                when request!.Command == NbdCommand.Read && payload.Length == ReplyChunk.HoleBytes:
                BeginContent(payload, BinaryPrimitives.ReadUInt32BigEndian(payload[8..]), isHole: true);
                break;
            case ReplyChunkType.BlockStatus
                when request!.Extents is not null
                && BinaryPrimitives.ReadUInt32BigEndian(payload) == export.AllocationContext:
                extentsLeft = (chunk.LengthBytes - sizeof(uint)) / ReplyChunk.ExtentBytes;
                wantedBytes = ReplyChunk.ExtentBytes;
                break;
            case >= ReplyChunkType.ErrorBit:
                ReadError(payload);
                break;
            default:
                Fault = $"sent a chunk of type {(ushort)chunk.Type} and {payload.Length} bytes for {request!.Name}";
                break;
        }
    }

    private void BeginContent(ReadOnlySpan<byte> payload, long length, bool isHole)
    {
        var offset = BinaryPrimitives.ReadUInt64BigEndian(payload) - (ulong)request!.OffsetBytes;
        if (length == 0 || offset >= (ulong)request.LengthBytes || length > request.LengthBytes - (long)offset)
        {
            Fault = $"sent {length} bytes that {request.Name} did not ask for";
        }
        else if (!request.Received.TryAdd((long)offset, length))
        {
            Fault = $"sent the same bytes of {request.Name} twice";
        }
        else if (!isHole)
        {
            Copy((long)offset, length, chunk.IsDone);
        }
        else
        {
            Zero(request.Batch!, (long)offset, length);
            EndIfDone();
        }
    }

    private static bool AreExtents(uint lengthBytes) =>
        lengthBytes > sizeof(uint)
        && (lengthBytes - sizeof(uint)) % ReplyChunk.ExtentBytes == 0
        && (lengthBytes - sizeof(uint)) / ReplyChunk.ExtentBytes <= MostExtents;

    private void ReadExtent(ReadOnlySpan<byte> descriptor)
    {
        request!.Extents!.Add(
            BinaryPrimitives.ReadUInt32BigEndian(descriptor),
            (AllocationState)BinaryPrimitives.ReadUInt32BigEndian(descriptor[sizeof(uint)..]));
        extentsLeft--;
        if (extentsLeft == 0)
        {
            wantedBytes = SimpleReply.SizeBytes;
            EndIfDone();
        }
    }

    private void ReadError(ReadOnlySpan<byte> payload)
    {
        var textBytes = payload.Length < ReplyChunk.ErrorBytes ? 0 : BinaryPrimitives.ReadUInt16BigEndian(payload[4..]);
        if (payload.Length < ReplyChunk.ErrorBytes || textBytes > payload.Length - ReplyChunk.ErrorBytes)
        {
            Fault = $"sent an error of {payload.Length} bytes with a text of {textBytes}";
            return;
        }

        var error = (NbdError)BinaryPrimitives.ReadUInt32BigEndian(payload);
        var text = NbdText.Read(payload.Slice(ReplyChunk.ErrorBytes, textBytes)) ?? "";
        Fail(error == NbdError.None ? NbdError.InputOutput : error, text);
        EndIfDone();
    }

    private static void Zero(SegmentBatch batch, long offset, long length)
    {
        var hole = new SegmentBatch();
        hole.AddFrom(batch, offset, length);
        hole.ZeroFrom(0);
    }

    private bool Find(ulong cookie)
    {
        if (slots.TryFind(cookie, out request))
        {
            return true;
        }

        Fault = $"answered a request that it was not sent (cookie 0x{cookie:x})";
        return false;
    }

    /// <summary>The first error counts; what follows it is often a consequence.</summary>
    private void Fail(NbdError error, string text)
    {
        HasShutdown |= error == NbdError.Shutdown;
        if (request!.Error.IsOk)
        {
            var said = text.Length == 0 ? "" : $": {text}";
            request.Error = NbdErrors.StatusOf(
                error, $"The server answered {request.Name} with {NbdErrors.NameOf(error)}{said}");
        }
    }

    private void Copy(long offset, long length, bool isLast)
    {
        copyOffset = offset;
        copyRest = length;
        endsWithCopy = isLast;
    }

    private void EndIfDone()
    {
        if (chunk.IsDone)
        {
            End();
        }
    }

    private void End()
    {
        var done = request!;
        request = null;
        endsWithCopy = false;
        if (done.Error.IsOk && done.Command == NbdCommand.Read && !done.Received.IsAll(done.LengthBytes))
        {
            Fault = $"said that {done.Name} is done, and did not send all of it";
            return;
        }

        slots.Remove(done);
        ended(done, done.Error);
    }
}
