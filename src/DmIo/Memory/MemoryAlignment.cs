using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DmIo.Io;

namespace DmIo.Memory;

/// <summary>Where memory lies, as direct I/O looks at it.</summary>
internal static class MemoryAlignment
{
    /// <summary>
    /// Can the first <paramref name="lengthBytes"/> bytes go to a device as they are: every segment begins on the
    /// alignment and is whole blocks? A guess for managed memory, which may move afterwards: good enough to reckon
    /// with, not to do I/O by.
    /// </summary>
    internal static unsafe bool Fits(IoMemory memory, long lengthBytes, ByteSize alignment, ByteSize blockSize)
    {
        for (var index = 0; lengthBytes > 0 && index < memory.SegmentCount; index++)
        {
            var segment = memory.GetSegment(index).Span;
            var used = Math.Min(segment.Length, lengthBytes);
            var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(segment));
            if ((address & ((nint)alignment.Bytes - 1)) != 0 || used % blockSize.Bytes != 0)
            {
                return false;
            }

            lengthBytes -= used;
        }

        return true;
    }
}
