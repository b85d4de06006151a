using System.Buffers.Binary;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>
/// Parses the replies of a connection from bytes in chunks of any size, and copies read data to its destination. The
/// rest of a large payload can be received directly there (<see cref="TryGetDestination"/>).
/// <code>
///   header --simple, done--> header          header --payload of a read--> copying --> header
///   header --fixed part of a chunk--> chunk --> header, or copying
/// </code>
/// Protocol errors, and replies without a request, set <see cref="Fault"/>. Nothing can be parsed after that.
/// </summary>
internal sealed class ReplyReader(RequestSlots slots, NegotiatedExport export, Action<ClientRequest, IoStatus> ended)
{
    /// <summary>The longest chunk without data. Error messages are shorter.</summary>
    private const uint MaxChunkBytes = 64 * 1024;

    /// <summary>The specification's limit for one reply.</summary>
    private const uint MaxExtents = 1 << 20;

    private readonly byte[] partial = new byte[MaxChunkBytes];
    private int partialBytes;
    private int neededBytes = SimpleReply.SizeBytes;
    private bool isInChunk;
    private ReplyChunk chunk;
    private ClientRequest? request;
    private long copyOffset;
    private long copyRest;
    private bool endsWithCopy;
    private long extentsLeft;

    /// <summary>The protocol error of the server, as the rest of a sentence; null: none.</summary>
    internal string? Fault { get; private set; }

    /// <summary>The server replied ESHUTDOWN.</summary>
    internal bool HasShutdown { get; private set; }

    /// <summary>Parses the next bytes.</summary>
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
            else if (partialBytes == 0 && bytes.Length >= neededBytes)
            {
                var length = neededBytes;
                Read(bytes[..length]);
                bytes = bytes[length..];
            }
            else
            {
                var length = Math.Min(neededBytes - partialBytes, bytes.Length);
                bytes[..length].CopyTo(partial.AsSpan(partialBytes));
                bytes = bytes[length..];
                partialBytes += length;
                if (partialBytes == neededBytes)
                {
                    partialBytes = 0;
                    Read(partial.AsSpan(0, neededBytes));
                }
            }
        }
    }

    /// <summary>True: the next bytes are a payload of at least <paramref name="minBytes"/>, and must be received into
    /// <paramref name="destination"/>. Call <see cref="DestinationFilled"/> after that.</summary>
    internal bool TryGetDestination(SegmentBatch destination, long minBytes)
    {
        if (copyRest < minBytes)
        {
            return false;
        }

        destination.Clear();
        destination.AddFrom(request!.Batch!, copyOffset, copyRest);
        return true;
    }

    /// <summary>The destination was filled.</summary>
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
        else if (neededBytes == ReplyChunk.SizeBytes)
        {
            neededBytes = SimpleReply.SizeBytes;
            BeginChunk(ReplyChunk.Read(bytes));
        }
        else
        {
            ReadMagic(bytes);
        }
    }

    /// <summary>A simple reply's header has the length of the first 16 bytes of a chunk's header. The magic tells which
    /// it is.</summary>
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
                neededBytes = ReplyChunk.SizeBytes;
                break;
            case NbdMagic.StructuredReply:
                Fault = "sent a structured reply, which was not negotiated";
                break;
            case var magic:
                Fault = $"sent 0x{magic:x8} instead of a reply";
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
            Fault = "answered a read with a simple reply although structured replies were negotiated";
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
        else if (!isData && !isExtents && header.LengthBytes > MaxChunkBytes)
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
            neededBytes = isData ? ReplyChunk.DataOffsetBytes : isExtents ? sizeof(uint) : (int)header.LengthBytes;
        }
    }

    private void ReadChunk(ReadOnlySpan<byte> payload)
    {
        neededBytes = SimpleReply.SizeBytes;
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
                neededBytes = ReplyChunk.ExtentBytes;
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
            Fault = $"sent {length} bytes that {request.Name} did not request";
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
        && (lengthBytes - sizeof(uint)) / ReplyChunk.ExtentBytes <= MaxExtents;

    private void ReadExtent(ReadOnlySpan<byte> descriptor)
    {
        request!.Extents!.Add(
            BinaryPrimitives.ReadUInt32BigEndian(descriptor),
            (AllocationState)BinaryPrimitives.ReadUInt32BigEndian(descriptor[sizeof(uint)..]));
        extentsLeft--;
        if (extentsLeft == 0)
        {
            neededBytes = SimpleReply.SizeBytes;
            EndIfDone();
        }
    }

    private void ReadError(ReadOnlySpan<byte> payload)
    {
        var textBytes = payload.Length < ReplyChunk.ErrorBytes ? 0 : BinaryPrimitives.ReadUInt16BigEndian(payload[4..]);
        if (payload.Length < ReplyChunk.ErrorBytes || textBytes > payload.Length - ReplyChunk.ErrorBytes)
        {
            Fault = $"sent an error of {payload.Length} bytes with a message of {textBytes}";
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

        Fault = $"answered an unknown request (cookie 0x{cookie:x})";
        return false;
    }

    /// <summary>Keeps the first error; later errors are often consequences of it.</summary>
    private void Fail(NbdError error, string text)
    {
        HasShutdown |= error == NbdError.Shutdown;
        if (request!.Error.IsOk)
        {
            var suffix = text.Length == 0 ? "" : $": {text}";
            request.Error = NbdErrors.StatusOf(
                error, $"The server answered {request.Name} with {NbdErrors.NameOf(error)}{suffix}");
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
            Fault = $"completed {done.Name} without sending all data";
            return;
        }

        slots.Remove(done);
        ended(done, done.Error);
    }
}
