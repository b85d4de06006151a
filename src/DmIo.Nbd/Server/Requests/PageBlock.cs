using DmIo.Memory;

namespace DmIo.Nbd.Server.Requests;

/// <summary>
/// 64 KiB of an export's memory in one part: what is received into, read into and sent from. Counted by those who use
/// parts of it; with the last of them it goes back to where it came from, from any thread.
/// </summary>
internal sealed class PageBlock(Memory<byte> memory)
{
    internal const int SizeBytes = 64 * 1024;

    internal const int PagesEach = SizeBytes / Page.SizeBytes;

    private MemoryShare? share;
    private int users;

    internal Memory<byte> Memory { get; } = memory;

    /// <summary>Others than the caller, who is one, use it.</summary>
    internal bool IsShared => Volatile.Read(ref users) > 1;

    /// <summary>The memory only: its first user has it.</summary>
    internal void Give(MemoryShare holder)
    {
        Invariant.Require(users == 0);
        share = holder;
        users = 1;
    }

    /// <summary>One more user; only by one.</summary>
    internal void Retain() => Interlocked.Increment(ref users);

    internal void Release()
    {
        var left = Interlocked.Decrement(ref users);
        Invariant.Require(left >= 0);
        if (left == 0)
        {
            share!.Return(this);
        }
    }
}
