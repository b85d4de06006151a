using Akka.Event;
using DmIo.Actors.Protocol;
using DmIo.Io;

namespace DmIo.Actors.Client;

/// <summary>A request whose outcome goes to a delegate. The delegate runs on a pool thread, so that it may block
/// without delaying I/O.</summary>
internal sealed class CallbackCompletion(
    OutstandingRequests outstanding,
    IoNotify callback,
    object? context,
    Action<IThreadPoolWorkItem> background,
    ILoggingAdapter log)
    : IOutstanding, IThreadPoolWorkItem
{
    private IoResult? outcome;

    public int Slot { get; set; }

    /// <summary>The number of regions, for an outcome that the client makes because the service has ended.</summary>
    internal required int RegionCount { get; init; }

    internal required object? RequestContext { get; init; }

    public void Done(IoResult result)
    {
        if (outstanding.Remove(this))
        {
            Queue(result);
        }
    }

    public void Refused(IoRefusal cause, string reason) =>
        Done(IoResults.Stopped(RegionCount, reason, RequestContext, cause));

    public void Stop(string reason) => Queue(IoResults.Stopped(RegionCount, reason, RequestContext));

    /// <summary>An exception of the delegate is logged: an unhandled exception on a pool thread ends the
    /// process.</summary>
    public void Execute()
    {
        try
        {
            callback(outcome!, context);
        }
        catch (Exception exception)
        {
            log.Error(exception, "The callback of a request threw; the outcome was {0}", outcome);
        }
    }

    private void Queue(IoResult result)
    {
        outcome = result;
        background(this);
    }
}
