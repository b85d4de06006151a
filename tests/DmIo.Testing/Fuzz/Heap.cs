using Xunit;

namespace DmIo.Testing.Fuzz;

/// <summary>The heap of the test process, for tests in the collection <see cref="Name"/>. Each test project defines the
/// collection, because xUnit looks for it in the assembly of the test: no other test runs at the same time.</summary>
internal static class Heap
{
    internal const string Name = "heap";

    /// <summary>What a run may leave behind: buffers that are kept for the next, tables that grew once.</summary>
    private const long Bound = 4 << 20;

    /// <summary>What is still referred to, in bytes.</summary>
    internal static long Bytes()
    {
        for (var time = 0; time < 3; time++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>The heap, once again, did not grow.</summary>
    /// <param name="before">As it was, in bytes.</param>
    /// <param name="tell">Writes it down.</param>
    /// <param name="ofTest">What the test itself leaves behind, in bytes.</param>
    internal static void AssertNotGrown(long before, Action<string> tell, long ofTest = 0)
    {
        var now = Bytes();
        tell($"heap: {before} bytes, then {now}");
        Assert.True(now - before < Bound + ofTest, $"The heap grew from {before} to {now} bytes.");
    }
}
