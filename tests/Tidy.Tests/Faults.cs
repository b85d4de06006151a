using Xunit;

namespace Tidy.Tests;

/// <summary>Fails with every fault on a line of its own, so that all can be mended at once.</summary>
internal static class Faults
{
    public static void AssertNone(IEnumerable<string> faults)
    {
        var found = faults.ToList();
        Assert.True(found.Count == 0, string.Join(Environment.NewLine, found));
    }
}
