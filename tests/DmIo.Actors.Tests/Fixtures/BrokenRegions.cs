using System.Collections;
using DmIo.Io;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>A list of regions of a user's own making, which has no items; its count is what the test
/// says.</summary>
internal sealed class BrokenRegions(Func<int> count) : IReadOnlyList<IoRegion>
{
    public int Count => count();

    public IoRegion this[int index] => throw new InvalidOperationException("No items today.");

    public IEnumerator<IoRegion> GetEnumerator() => throw new InvalidOperationException("No items today.");

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
