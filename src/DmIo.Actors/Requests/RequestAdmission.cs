using System.Diagnostics.CodeAnalysis;

namespace DmIo.Actors;

/// <summary>
/// A lease's credit (R19): requests whose pages fit go on, the others wait in arrival order and are not overtaken, so
/// a large one is not starved. A request larger than the whole lease counts as the whole, which is to say that it runs
/// alone. Invariant: <c>0 &lt;= InUse &lt;= pages</c>. Plain, single owner.
/// </summary>
internal sealed class RequestAdmission(int pages)
{
    private readonly Queue<RequestState> waiting = new();
    private int answered;

    /// <summary>Pages of the requests that were admitted and not returned.</summary>
    internal int InUse { get; private set; }

    /// <summary>Nothing waits, nothing was admitted that was not returned.</summary>
    internal bool IsEmpty => InUse == 0 && waiting.Count == 0;

    /// <summary>How many wait and were not answered meanwhile.</summary>
    internal int Waiting => waiting.Count - answered;

    internal void Add(RequestState request) => waiting.Enqueue(request);

    /// <summary>One that waits was answered. Such are dropped in their turn, and before it when they are the
    /// most.</summary>
    internal void DropAnswered()
    {
        answered++;
        if (answered * 2L <= waiting.Count)
        {
            return;
        }

        for (var left = waiting.Count; left > 0; left--)
        {
            var request = waiting.Dequeue();
            if (!request.IsAnswered)
            {
                waiting.Enqueue(request);
            }
        }

        answered = 0;
    }

    /// <summary>Admits the first that waits, if it fits. What was answered while it waited is dropped.</summary>
    internal bool TryAdmit([MaybeNullWhen(false)] out RequestState request)
    {
        while (waiting.TryPeek(out request))
        {
            if (!request.IsAnswered)
            {
                if (Cost(request) > pages - InUse)
                {
                    return false;
                }

                InUse += Cost(request);
                waiting.Dequeue();
                return true;
            }

            waiting.Dequeue();
            answered--;
        }

        return false;
    }

    /// <summary>Gives back the credit of one that was admitted, once no device has anything of it.</summary>
    internal void Return(RequestState request)
    {
        InUse -= Cost(request);
        Invariant.Require(InUse >= 0);
    }

    /// <summary>Takes the first that waits, without admitting it: for the end of the lease.</summary>
    internal bool TryRemove([MaybeNullWhen(false)] out RequestState request)
    {
        while (waiting.TryDequeue(out request))
        {
            if (!request.IsAnswered)
            {
                return true;
            }

            answered--;
        }

        return false;
    }

    private int Cost(RequestState request) => (int)Math.Min(request.Pages, pages);
}
