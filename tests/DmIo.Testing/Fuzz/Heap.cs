using Xunit;

namespace DmIo.Testing.Fuzz;

/// <summary>The heap of the test process, for tests in the collection <see cref="Name"/>, which do not run in parallel
/// with others. Each test project defines the collection, because xUnit looks for it in the assembly of the
/// test.</summary>
internal static class Heap
{
    internal const string Name = "heap";

    /// <summary>The allowed growth: reusable buffers, and tables that grew once.</summary>
    private const long Bound = 4 << 20;

    /// <summary>The size of all reachable objects in bytes.</summary>
    internal static long Bytes()
    {
        for (var time = 0; time < 3; time++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>Checks that the heap did not grow.</summary>
    /// <param name="before">The size before, in bytes.</param>
    /// <param name="write">Writes a line to the test output.</param>
    /// <param name="ofTest">The growth that the test itself causes, in bytes.</param>
    internal static void AssertNotGrown(long before, Action<string> write, long ofTest = 0)
    {
        var now = Bytes();
        write($"heap: {before} bytes, then {now}");
        Assert.True(now - before < Bound + ofTest, $"The heap grew from {before} to {now} bytes.");
    }
}
