using DmIo.Memory;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>Memory of a user's own making, which throws when its bytes are asked for; or, without a length, at
/// once.</summary>
internal sealed class BrokenMemory(long? lengthBytes) : IoMemory
{
    public override long LengthBytes => lengthBytes ?? throw new InvalidOperationException("No length today.");

    public override int SegmentCount => 1;

    public override Memory<byte> GetSegment(int index) => throw new InvalidOperationException("No bytes today.");
}
