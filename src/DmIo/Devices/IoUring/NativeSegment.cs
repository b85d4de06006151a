using System.Runtime.InteropServices;

namespace DmIo.Devices.IoUring;

/// <summary>A piece of memory as the kernel names it: <c>struct iovec</c>.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="LengthBytes">How many.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NativeSegment(nint Address, nint LengthBytes)
{
    /// <summary>The address behind its last byte.</summary>
    internal nint End => Address + LengthBytes;
}
