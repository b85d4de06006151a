namespace DmIo.Tests.Devices;

/// <summary>
/// What work allocates on its thread. A collection in between, which another test may cause, counts the rest of the
/// thread's allocation buffer as allocated: so the least of several measurements is the truth.
/// </summary>
internal static class Allocations
{
    private const int Measurements = 5;

    internal static long Of(Action work)
    {
        work();
        var least = long.MaxValue;
        for (var measurement = 0; measurement < Measurements; measurement++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
