namespace DmIo.Tests.Devices;

/// <summary>
/// The bytes that an action allocates on its thread. A garbage collection during the action, which another test may
/// cause, counts the rest of the thread's allocation buffer as allocated, so the minimum of several measurements is
/// used.
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
