using DmIo.Memory;

namespace DmIo.Tests.Memory;

/// <summary>
/// A memory class as a user might derive it: any segments, even empty ones, and only the required overrides.
/// </summary>
internal sealed class ScatteredMemory(List<Memory<byte>> segments) : IoMemory
{
    public override long LengthBytes => segments.Sum(segment => (long)segment.Length);

    public override int SegmentCount => segments.Count;

    public override Memory<byte> GetSegment(int index) => segments[index];
}
