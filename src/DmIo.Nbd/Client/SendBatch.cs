using DmIo.Memory;
using DmIo.Nbd.Protocol;

namespace DmIo.Nbd.Client;

/// <summary>The data of the next send: headers, and payloads by reference. Consecutive headers are one buffer. Must not
/// be changed during a send.</summary>
internal sealed class SendBatch
{
    // One more than there are slots, for the disconnect request.
    private readonly byte[] headers =
        GC.AllocateArray<byte>((RequestSlots.Capacity + 1) * RequestHeader.SizeBytes, pinned: true);

    private readonly List<ReadOnlyMemory<byte>> parts = [];
    private int headerBytes;
    private int partStart;

    internal bool IsEmpty => parts.Count == 0 && partStart == headerBytes;

    internal void Add(RequestHeader header, SegmentBatch? payload)
    {
        header.Write(headers.AsSpan(headerBytes));
        headerBytes += RequestHeader.SizeBytes;
        if (payload is null)
        {
            return;
        }

        EndPart();
        foreach (var segment in payload.Segments)
        {
            parts.Add(segment);
        }
    }

    /// <summary>All buffers, in order; valid until <see cref="Clear"/>.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> Close()
    {
        EndPart();
        return parts;
    }

    internal void Clear()
    {
        parts.Clear();
        headerBytes = 0;
        partStart = 0;
    }

    private void EndPart()
    {
        if (partStart < headerBytes)
        {
            parts.Add(headers.AsMemory(partStart, headerBytes - partStart));
            partStart = headerBytes;
        }
    }
}
