namespace DmIo.Tests.Devices;

/// <summary>The results of calls that must already be complete.</summary>
internal static class Completed
{
    internal static T Of<T>(ValueTask<T> call)
    {
        Invariant.Require(call.IsCompleted);
        return call.Result;
    }
}
