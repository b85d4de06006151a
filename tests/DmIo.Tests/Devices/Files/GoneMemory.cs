using System.Buffers;

namespace DmIo.Tests.Devices.Files;

/// <summary>Memory of one page that has a length and throws when it is accessed.</summary>
internal sealed class GoneMemory : MemoryManager<byte>
{
    public override Memory<byte> Memory => CreateMemory(4096);

    public override Span<byte> GetSpan() => throw new ObjectDisposedException(nameof(GoneMemory));

    public override MemoryHandle Pin(int elementIndex = 0) => throw new ObjectDisposedException(nameof(GoneMemory));

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
