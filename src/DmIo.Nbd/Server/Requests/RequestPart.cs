using DmIo.Actors.Client;
using DmIo.Actors.Protocol;
using DmIo.Io;
using DmIo.Memory;
using DmIo.Nbd.Protocol;
using DmIo.Nbd.Server.Exports;
using static DmIo.Actors.Protocol.IoProtocol;

namespace DmIo.Nbd.Server.Requests;

/// <summary>The part of a client's request that is sent to the service as one operation: all of a small request, a part
/// of a large one. It holds the memory of its data until its reply was sent.</summary>
internal sealed class RequestPart(NbdRequest request) : IoCompletion
{
    /// <summary>The maximum of data of one part, in bytes: fits into the processor's cache between socket and
    /// device.</summary>
    internal const int MaxBytes = MaxBlocks * PageBlock.SizeBytes;

    internal const int MaxBlocks = 4;

    private static readonly byte[] Zeroes = new byte[PageBlock.SizeBytes];

    private readonly PageBlock?[] blocks = new PageBlock?[MaxBlocks];
    private readonly PartMemory memory = new();
    private readonly IoRegion[] regions = new IoRegion[1];
    private IoOperation operation;
    private bool isDurable;
    private WriteZeroesFlags zeroing;
    private WriteEdges edges;
    private Holding holding;
    private int blockCount;

    internal IoMemory Memory => memory;

    /// <summary>The offset of the client's bytes in the export.</summary>
    internal long Offset { get; private set; }

    /// <summary>The number of the client's bytes.</summary>
    internal long LengthBytes { get; private set; }

    /// <summary>How the part ended.</summary>
    internal IoStatus Status { get; private set; }

    /// <summary>The part has ended, and its request has processed the status. Set by the request: the data must not be
    /// sent before.</summary>
    internal bool IsDone { get; set; }

    /// <summary>A device holds the memory after the answer: the part must not be used for another operation.</summary>
    internal bool IsHeld => holding != Holding.None;

    /// <summary>Adds a segment and takes over one reference to its block.</summary>
    internal void Add(PageBlock block, Memory<byte> segment)
    {
        blocks[blockCount++] = block;
        memory.Add(segment);
    }

    /// <summary>The number of blocks in use.</summary>
    internal int BlockCount => blockCount;

    /// <summary>Keeps the first bytes, and releases the blocks after them.</summary>
    internal void Trim(int lengthBytes)
    {
        memory.Trim(lengthBytes);
        while (blockCount > Memory.SegmentCount)
        {
            blocks[--blockCount]!.Release();
            blocks[blockCount] = null;
        }
    }

    /// <summary>Adds zeroes as the data of a write: a few blocks of the device at most.</summary>
    internal void AddZeroes(int lengthBytes)
    {
        for (; lengthBytes > 0; lengthBytes -= Zeroes.Length)
        {
            memory.Add(Zeroes.AsMemory(0, Math.Min(lengthBytes, Zeroes.Length)));
        }
    }

    /// <summary>Reads into the memory, which must have room for all device blocks of the range.</summary>
    internal void Read(long offset, long lengthBytes) => Send(IoOperation.Read, offset, lengthBytes, false, default);

    internal void Write(long offset, long lengthBytes, bool durable) =>
        Send(IoOperation.Write, offset, lengthBytes, durable, default);

    internal void Flush() => Send(IoOperation.Flush, 0, 0, false, default);

    internal void Discard(long offset, long lengthBytes) =>
        Send(IoOperation.Discard, offset, lengthBytes, false, default);

    internal void WriteZeroes(long offset, long lengthBytes, WriteZeroesFlags flags) =>
        Send(IoOperation.WriteZeroes, offset, lengthBytes, false, flags);

    /// <summary>The client's bytes of a segment: a read of whole device blocks may begin before them and end after
    /// them.</summary>
    internal ReadOnlyMemory<byte> Data(int index)
    {
        var segment = Memory.GetSegment(index);
        segment = index == 0 ? segment[(int)(Offset - RoundDown(Offset))..] : segment;
        var surplus = (int)(RoundUp(Offset + LengthBytes) - (Offset + LengthBytes));
        return index == Memory.SegmentCount - 1 ? segment[..^surplus] : segment;
    }

    /// <summary>All data is zero. Usually decided by the first bytes.</summary>
    internal bool IsZero()
    {
        for (var index = 0; index < Memory.SegmentCount; index++)
        {
            if (Data(index).Span.ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Releases the memory, after the reply was sent or dropped; if a device holds it, when it releases
    /// it.</summary>
    internal void Release()
    {
        memory.Clear();
        lock (blocks)
        {
            if (holding == Holding.ByDevice)
            {
                holding = Holding.ByDeviceAlone;
                return;
            }

            ReleaseBlocks();
        }
    }

    protected override void OnDone(IoResult result)
    {
        holding = result.BufferHeld ? Holding.ByDevice : Holding.None;
        if (operation == IoOperation.Read && result is { IsOk: false, BufferHeld: true })
        {
            // A leg of a volume hangs: another one serves the read, into other memory.
            memory.Clear();
            memory.Add(new byte[regions[0].Count.Bytes]);
            Send(new RepeatedRead(this));
            return;
        }

        Ended(result);
    }

    protected override void OnReleased()
    {
        lock (blocks)
        {
            if (holding == Holding.ByDeviceAlone)
            {
                ReleaseBlocks();
            }

            holding = Holding.None;
        }
    }

    protected override void OnRefused(IoRefusal cause, string reason) => End(StatusOf(cause, reason));

    private void Send(IoOperation what, long offset, long lengthBytes, bool durable, WriteZeroesFlags flags)
    {
        operation = what;
        isDurable = durable;
        zeroing = flags;
        Offset = offset;
        LengthBytes = lengthBytes;
        IsDone = false;
        var (start, end) = (RoundDown(Offset), RoundUp(Offset + LengthBytes));
        regions[0] = new IoRegion(request.Device, start / Sector.SizeBytes, (end - start) / Sector.SizeBytes);
        edges = operation == IoOperation.Write
            ? new WriteEdges((int)(Offset - start), (int)(end - Offset - LengthBytes))
            : default;
        Send(this);
    }

    private void Send(IoCompletion completion)
    {
        var isSent = request.Client.TrySend(new IoRequest
        {
            Operation = operation,
            Regions = regions,
            Memory = operation.HasData() ? Memory : null,
            ForceUnitAccess = isDurable,

            // A write to a truncated file must fail: to extend the file would return zeroes for the data that it lost.
            NoExtend = true,
            Edges = edges,
            Zeroing = zeroing,
            Completion = completion,
        });
        if (!isSent)
        {
            OnRefused(IoRefusal.Stopped, "The service has ended.");
        }
    }

    private long RoundDown(long offset) => offset & -request.BlockBytes;

    private long RoundUp(long offset) => RoundDown(offset + request.BlockBytes - 1);

    private void ReleaseBlocks()
    {
        for (var index = 0; index < blockCount; index++)
        {
            blocks[index]!.Release();
            blocks[index] = null;
        }

        blockCount = 0;
    }

    private void Ended(IoResult result) => End(result.IsOk ? IoStatus.Ok : result[0]);

    private void End(in IoStatus status)
    {
        Status = status;
        request.Ended(this);
    }

    /// <summary>The status of a part that the service refused. <see cref="NbdErrors"/> maps it to the protocol's error,
    /// like the statuses of devices.</summary>
    internal static IoStatus StatusOf(IoRefusal cause, string reason) => cause switch
    {
        IoRefusal.Stopped => IoStatus.Failed(IoStatusCode.Stopped, reason),
        IoRefusal.NoRoom => IoStatus.DeviceError(reason, (int)NbdError.NoMemory),
        IoRefusal.BreaksRule => IoStatus.DeviceError(reason, (int)NbdError.Invalid),
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, null),
    };

    /// <summary>Who holds the blocks after the answer of the service.</summary>
    private enum Holding
    {
        /// <summary>The request.</summary>
        None,

        /// <summary>The request, and a device.</summary>
        ByDevice,

        /// <summary>A device; the request has released them.</summary>
        ByDeviceAlone,
    }

    /// <summary>The second attempt of a read whose first one holds the completion of the part.</summary>
    private sealed class RepeatedRead(RequestPart part) : IoCompletion
    {
        protected override void OnDone(IoResult result) => part.Ended(result);

        protected override void OnRefused(IoRefusal cause, string reason) => part.OnRefused(cause, reason);
    }

    /// <summary>The memory of one part: segments of blocks, in order. Filled before the part is sent, cleared after it
    /// has ended.</summary>
    private sealed class PartMemory : IoMemory
    {
        private readonly Memory<byte>[] segments = new Memory<byte>[MaxBlocks];
        private long lengthBytes;
        private int count;

        public override long LengthBytes => lengthBytes;

        public override int SegmentCount => count;

        public override Memory<byte> GetSegment(int index) => segments[index];

        internal void Add(Memory<byte> segment)
        {
            segments[count++] = segment;
            lengthBytes += segment.Length;
        }

        /// <summary>Keeps the first bytes.</summary>
        internal void Trim(int bytes)
        {
            Invariant.Require(bytes > 0 && bytes <= lengthBytes);
            while (lengthBytes - segments[count - 1].Length >= bytes)
            {
                count--;
                lengthBytes -= segments[count].Length;
                segments[count] = default;
            }

            segments[count - 1] = segments[count - 1][..^(int)(lengthBytes - bytes)];
            lengthBytes = bytes;
        }

        internal void Clear()
        {
            Array.Clear(segments, 0, count);
            count = 0;
            lengthBytes = 0;
        }
    }
}
