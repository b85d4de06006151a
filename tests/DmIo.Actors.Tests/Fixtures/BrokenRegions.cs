using System.Collections;
using DmIo.Io;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>A user's list of regions whose items throw; the test provides its count.</summary>
internal sealed class BrokenRegions(Func<int> count) : IReadOnlyList<IoRegion>
{
    public int Count => count();

    public IoRegion this[int index] => throw new InvalidOperationException("The test has no items.");

    public IEnumerator<IoRegion> GetEnumerator() => throw new InvalidOperationException("The test has no items.");

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
