using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Devices.IoUring;

/// <summary>
/// The system calls of a ring, by number (the same on x64 and arm64): io_uring_setup, io_uring_enter,
/// io_uring_register, and with them mmap, eventfd and epoll. Each method returns errno, 0 for success, unless it says
/// otherwise. No call is repeated here.
/// </summary>
internal static unsafe partial class RingNative
{
    /// <summary>Flag of <see cref="Enter"/>: move completions that wait in the kernel into the queue.</summary>
    internal const uint GetEvents = 1;

    internal const uint RegisterFiles = 2;
    internal const uint UnregisterFiles = 3;
    internal const uint UnregisterBuffers = 1;
    internal const uint RegisterEvent = 4;
    internal const uint RegisterProbe = 8;
    internal const uint RegisterBuffers = 15;
    internal const uint UpdateBuffers = 16;
    internal const uint RegisterMaxWorkers = 19;

    private const int SetupCall = 425;
    private const int EnterCall = 426;
    private const int RegisterCall = 427;
    private const int ReadWriteProtection = 3;
    private const int SharedPopulated = 0x8001;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int AddToPoll = 1;
    private const int RemoveFromPoll = 2;

    /// <summary>EPOLLIN and EPOLLET: each signal is reported once, and the event need not be read.</summary>
    private const uint EachSignal = 0x80000001;

    // The kernel's struct epoll_event is packed on x64, and only there.
    private static readonly bool IsPacked = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int PollEntryBytes = IsPacked ? 12 : 16;
    private static readonly int PollDataOffset = IsPacked ? 4 : 8;

    internal static int Setup(uint entries, ref RingParameters parameters, out SafeFileHandle ring)
    {
        nint descriptor;
        fixed (RingParameters* pointer = &parameters)
        {
            descriptor = syscall(SetupCall, (nint)entries, (nint)pointer, 0, 0, 0, 0);
        }

        var errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        ring = new SafeFileHandle(descriptor, ownsHandle: true);
        return errno;
    }

    /// <summary>Returns the number of submissions that the kernel took, or a negative errno.</summary>
    internal static int Enter(SafeFileHandle ring, uint submissions, uint flags)
    {
        var taken = (int)syscall(EnterCall, ring.DangerousGetHandle(), (nint)submissions, 0, (nint)flags, 0, 0);
        return taken < 0 ? -Marshal.GetLastPInvokeError() : taken;
    }

    internal static int Register(SafeFileHandle ring, uint what, void* argument, uint count)
    {
        var result = syscall(RegisterCall, ring.DangerousGetHandle(), (nint)what, (nint)argument, (nint)count, 0, 0);
        return result < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    internal static int Map(SafeFileHandle ring, nuint lengthBytes, long offsetBytes, out byte* address)
    {
        address = mmap(null, lengthBytes, ReadWriteProtection, SharedPopulated, ring, offsetBytes);
        return (nint)address == -1 ? Marshal.GetLastPInvokeError() : 0;
    }

    internal static void Unmap(byte* address, nuint lengthBytes) =>
        Invariant.Require(munmap(address, lengthBytes) == 0);

    internal static int CreateEvent(out SafeFileHandle handle)
    {
        handle = eventfd(0, CloseOnExec | NonBlocking);
        return handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
    }

    internal static int CreatePoll(out SafeFileHandle handle)
    {
        handle = epoll_create1(CloseOnExec);
        return handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>Watches an event; <see cref="WaitForPoll"/> reports it as <paramref name="id"/>.</summary>
    internal static int AddPoll(SafeFileHandle poll, SafeFileHandle watched, long id)
    {
        var entry = stackalloc byte[PollEntryBytes];
        Unsafe.WriteUnaligned(entry, EachSignal);
        Unsafe.WriteUnaligned(entry + PollDataOffset, id);
        return epoll_ctl(poll, AddToPoll, watched, entry) < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    internal static int RemovePoll(SafeFileHandle poll, SafeFileHandle watched) =>
        epoll_ctl(poll, RemoveFromPoll, watched, null) < 0 ? Marshal.GetLastPInvokeError() : 0;

    /// <summary>Waits for signals, without a time limit. Returns the number of ids that it wrote, or a negative
    /// errno.</summary>
    internal static int WaitForPoll(SafeFileHandle poll, Span<long> ids)
    {
        var entries = stackalloc byte[ids.Length * PollEntryBytes];
        var count = epoll_wait(poll, entries, ids.Length, -1);
        if (count < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        for (var index = 0; index < count; index++)
        {
            ids[index] = Unsafe.ReadUnaligned<long>(entries + (index * PollEntryBytes) + PollDataOffset);
        }

        return count;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint one, nint two, nint three, nint four, nint five, nint six);

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* mmap(
        byte* address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(byte* address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial SafeFileHandle eventfd(uint start, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial SafeFileHandle epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(SafeFileHandle poll, int operation, SafeFileHandle watched, byte* entry);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(SafeFileHandle poll, byte* entries, int count, int timeoutMilliseconds);
}
