using Xunit;

namespace Tidy.Tests;

/// <summary>Fails with one line per fault, so that all faults are reported at once.</summary>
internal static class Faults
{
    public static void AssertNone(IEnumerable<string> faults)
    {
        var found = faults.ToList();
        Assert.True(found.Count == 0, string.Join(Environment.NewLine, found));
    }
}
