using System.Runtime.InteropServices;

namespace DmIo.Devices.IoUring;

/// <summary>What became of it: <c>struct io_uring_cqe</c>.</summary>
/// <param name="UserData">The <see cref="SubmissionEntry.UserData"/> of what is done.</param>
/// <param name="Result">Bytes moved, or 0, or a negative errno.</param>
/// <param name="Flags">Nothing that we ask for sets any.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct CompletionEntry(ulong UserData, int Result, uint Flags);
