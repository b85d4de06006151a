// The one strategy there is: the directive is for the child that failed, its siblings go on.
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>The directive is for the failed child alone.</summary>
public class OneForOneStrategy : SupervisorStrategy
{
    public OneForOneStrategy(
        int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : this(maxNrOfRetries, withinTimeRange, new LocalOnlyDecider(localOnlyDecider))
    {
    }

    public OneForOneStrategy(int? maxNrOfRetries, TimeSpan? withinTimeRange, IDecider decider)
        : base(maxNrOfRetries ?? -1, withinTimeRange, decider, logs: true)
    {
    }

    public OneForOneStrategy(Func<Exception, Directive> localOnlyDecider, bool loggingEnabled = true)
        : base(-1, window: null, new LocalOnlyDecider(localOnlyDecider), loggingEnabled)
    {
    }

    public OneForOneStrategy(IDecider decider)
        : base(-1, window: null, decider, logs: true)
    {
    }

    private protected override void ProcessFailure(
        IActorContext context, bool restart, Exception cause, ChildRestartStats failed)
    {
        if (restart && failed.RequestRestartPermission(MaxNumberOfRetries, WithinTimeRangeMilliseconds))
        {
            failed.Child.SendSystemMessage(new Recreate(cause));
        }
        else
        {
            context.Stop(failed.Child);
        }
    }
}
