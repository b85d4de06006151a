namespace DmIo.Tests.Devices;

/// <summary>The results of calls that must have completed before they returned, or by now.</summary>
internal static class Completed
{
    internal static T Of<T>(ValueTask<T> call)
    {
        Invariant.Require(call.IsCompleted);
        return call.Result;
    }
}
