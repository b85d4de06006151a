using DmIo.Memory;

namespace DmIo.Tests.Devices;

/// <summary>
/// One array as segments of any lengths in order: like the memory classes of the service, and more irregular.
/// </summary>
internal sealed class SegmentedMemory(byte[] bytes, IReadOnlyList<int> lengths) : IoMemory
{
    private readonly int[] offsets = Offsets(lengths);

    public override long LengthBytes => offsets[^1];

    public override int SegmentCount => lengths.Count;

    internal byte[] Array => bytes;

    public override Memory<byte> GetSegment(int index) => bytes.AsMemory(offsets[index], lengths[index]);

    /// <summary>Cuts an array into segments of 1 to <paramref name="maxSegmentBytes"/> bytes.</summary>
    internal static SegmentedMemory Cut(byte[] bytes, Random random, int maxSegmentBytes)
    {
        var lengths = new List<int>();
        for (var rest = bytes.Length; rest > 0; rest -= lengths[^1])
        {
            lengths.Add(Math.Min(rest, random.Next(1, maxSegmentBytes + 1)));
        }

        return new SegmentedMemory(bytes, lengths);
    }

    private static int[] Offsets(IReadOnlyList<int> lengths)
    {
        var sums = new int[lengths.Count + 1];
        for (var index = 0; index < lengths.Count; index++)
        {
            sums[index + 1] = sums[index] + lengths[index];
        }

        return sums;
    }
}
