namespace DmIo.Actors.Client;

/// <summary>
/// Pauses between attempts to open a missing device: 1 s, doubled up to 30 s. Each is shortened by a random part of up
/// to a quarter, so that services that lost the same server do not return to it together.
/// </summary>
/// <param name="random">A number from 0 to 1.</param>
internal sealed class RetryPauses(Func<double> random)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private TimeSpan next = Shortest;

    internal TimeSpan Next()
    {
        var pause = next * (1 - (random() / 4));
        next = next * 2 < Longest ? next * 2 : Longest;
        return pause;
    }
}
