namespace DmIo.Nbd.Client;

/// <summary>
/// Which bytes of a read have come, so that a reply with a gap or with something twice is known as such: a gap would
/// leave in the caller's memory what was there before. Mostly one range that grows; others are kept in order.
/// </summary>
internal sealed class ReceivedRanges
{
    /// <summary>No server that means well answers in more pieces, out of order; each costs a search.</summary>
    private const int MostOthers = 4096;

    private readonly List<(long Start, long End)> others = [];
    private long end;

    internal void Clear()
    {
        end = 0;
        others.Clear();
    }

    /// <summary>False: a part of it has come before, or it is one piece too many.</summary>
    internal bool TryAdd(long start, long length)
    {
        if (start == end && others.Count == 0)
        {
            end += length;
            return true;
        }

        var at = others.FindIndex(range => range.Start >= start);
        at = at < 0 ? others.Count : at;
        var before = at == 0 ? end : others[at - 1].End;
        var after = at == others.Count ? long.MaxValue : others[at].Start;
        if (start < before || start + length > after || others.Count == MostOthers)
        {
            return false;
        }

        others.Insert(at, (start, start + length));
        var joined = 0;
        while (joined < others.Count && others[joined].Start == end)
        {
            end = others[joined++].End;
        }

        others.RemoveRange(0, joined);
        return true;
    }

    /// <summary>Have all bytes up to <paramref name="length"/> come?</summary>
    internal bool IsAll(long length) => end == length && others.Count == 0;
}
