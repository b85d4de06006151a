using DmIo.Memory;

namespace DmIo.Tests.Memory;

/// <summary>
/// A memory as a user might derive it: any segments, empty ones too, and only what must be overridden.
/// </summary>
internal sealed class ScatteredMemory(List<Memory<byte>> segments) : IoMemory
{
    public override long LengthBytes => segments.Sum(segment => (long)segment.Length);

    public override int SegmentCount => segments.Count;

    public override Memory<byte> GetSegment(int index) => segments[index];
}
