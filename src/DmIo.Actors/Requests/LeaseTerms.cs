namespace DmIo.Actors.Requests;

/// <summary>What a lease may do.</summary>
/// <param name="Weight">Its share of a device, 1 to 10000.</param>
/// <param name="MaxWaiting">How many requests may wait for its credit. A message beyond it is refused, so that memory
/// does not grow with what is asked for; the calls of a client wait, each with its caller.</param>
internal readonly record struct LeaseTerms(int Weight, int MaxWaiting)
{
    /// <summary>Every lease may have that many waiting, however small it is.</summary>
    internal const int LeastWaiting = 1024;
}
