using System.Runtime.InteropServices;
using DmIo.Memory;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.Stores;

/// <summary>
/// Reads and writes of 64-bit Linux, vectored and durable: <c>preadv</c>, <c>pwritev</c>, and <c>pwritev2</c> with
/// RWF_DSYNC. Memory stays in place during the call: an array by a pin, native memory (which a span does not keep
/// allocated) by the batch that refers to it. Each method returns bytes, or a negated errno. Handles are not counted:
/// the caller keeps the file open.
/// </summary>
internal static unsafe partial class LinuxTransfers
{
    private const int DurableFlag = 0x02;

    private static readonly nint DurableWriteNumber = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 328,
        Architecture.Arm64 => 287,
        _ => -1,
    };

    [ThreadStatic]
    private static PinnedSegments? pinned;

    /// <summary>The kernel supports durable writes. Tested by a write of 0 bytes.</summary>
    internal static bool HasDurableWrites(SafeFileHandle handle) =>
        DurableWriteNumber >= 0 && DurableWrite((int)handle.DangerousGetHandle(), null, 0, 0) == 0;

    internal static long Read(int file, long offsetBytes, SegmentBatch destination)
    {
        if (destination.Count == 1)
        {
            long answered;
            fixed (byte* start = destination.Segments[0].Span)
            {
                answered = Answer(pread(file, start, (nuint)destination.LengthBytes, offsetBytes));
            }

            GC.KeepAlive(destination);
            return answered;
        }

        var segments = Pin(destination);
        var answer = Answer(preadv(file, segments.First, segments.Count, offsetBytes));
        segments.Release();
        return answer;
    }

    internal static long Write(int file, long offsetBytes, SegmentBatch source)
    {
        if (source.Count == 1)
        {
            long answered;
            fixed (byte* start = source.Segments[0].Span)
            {
                answered = Answer(pwrite(file, start, (nuint)source.LengthBytes, offsetBytes));
            }

            GC.KeepAlive(source);
            return answered;
        }

        var segments = Pin(source);
        var answer = Answer(pwritev(file, segments.First, segments.Count, offsetBytes));
        segments.Release();
        return answer;
    }

    /// <summary>The write is durable when the method returns.</summary>
    internal static long WriteDurably(int file, long offsetBytes, SegmentBatch source)
    {
        var segments = Pin(source);
        var answer = DurableWrite(file, segments.First, segments.Count, offsetBytes);
        segments.Release();
        return answer;
    }

    private static PinnedSegments Pin(SegmentBatch batch)
    {
        var segments = pinned ??= new PinnedSegments();
        segments.Pin(batch);
        return segments;
    }

    /// <summary>Calls by number, because not every C library has a function for the call.</summary>
    private static long DurableWrite(int file, NativeSegment* segments, int count, long offsetBytes) =>
        Answer(syscall(DurableWriteNumber, file, segments, count, (nint)offsetBytes, 0, DurableFlag));

    private static long Answer(nint returned) => returned < 0 ? -Marshal.GetLastPInvokeError() : returned;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int file, byte* start, nuint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(int file, byte* start, nuint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint preadv(int file, NativeSegment* segments, int count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwritev(int file, NativeSegment* segments, int count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(
        nint number, nint file, NativeSegment* segments, nint count, nint offsetLow, nint offsetHigh, nint flags);
}
