using DmIo.Devices.IoUring;
using DmIo.Io;
using Microsoft.Win32.SafeHandles;

namespace DmIo.Tests.Devices.IoUring;

/// <summary>A ring that returns errors of the kernel's ring as specified by a test.</summary>
internal sealed class RefusingRing : MappedRing
{
    private RefusingRing(SafeFileHandle handle, in RingParameters parameters)
        : base(handle, parameters)
    {
    }

    /// <summary>The errnos that the next calls return instead of being made.</summary>
    internal Queue<int> Refusals { get; } = new();

    /// <summary>The errnos that replace the results of the next completions.</summary>
    internal Queue<int> Failures { get; } = new();

    internal static RefusingRing Open(int entries)
    {
        var parameters = new RingParameters { CompletionEntries = (uint)entries * 2, Setup = RingSetup.CompletionSize };
        var errno = RingNative.Setup((uint)entries, ref parameters, out var handle);
        return errno == 0
            ? new RefusingRing(handle, parameters)
            : throw new InvalidOperationException(Errno.TextOf(errno));
    }

    internal override int Enter(uint flags) => Refusals.TryDequeue(out var errno) ? -errno : base.Enter(flags);

    internal override bool TryTake(out CompletionEntry completion)
    {
        if (!base.TryTake(out completion))
        {
            return false;
        }

        completion = Failures.TryDequeue(out var errno) ? completion with { Result = -errno } : completion;
        return true;
    }
}
