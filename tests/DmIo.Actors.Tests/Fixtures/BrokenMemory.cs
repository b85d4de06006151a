using DmIo.Memory;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>A user's memory class that throws when its segments are read; without a length, also when its length is
/// read.</summary>
internal sealed class BrokenMemory(long? lengthBytes) : IoMemory
{
    public override long LengthBytes => lengthBytes ?? throw new InvalidOperationException("The test has no length.");

    public override int SegmentCount => 1;

    public override Memory<byte> GetSegment(int index) => throw new InvalidOperationException("The test has no bytes.");
}
