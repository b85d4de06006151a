// The two strategies: the directive is for the child that failed, or for it and all its siblings.
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

    public OneForOneStrategy(
        int maxNrOfRetries, int withinTimeMilliseconds, Func<Exception, Directive> localOnlyDecider,
        bool loggingEnabled = true)
        : this(maxNrOfRetries, withinTimeMilliseconds, new LocalOnlyDecider(localOnlyDecider), loggingEnabled)
    {
    }

    public OneForOneStrategy(
        int maxNrOfRetries, int withinTimeMilliseconds, IDecider decider, bool loggingEnabled = true)
        : base(maxNrOfRetries, TimeSpan.FromMilliseconds(withinTimeMilliseconds), decider, loggingEnabled)
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
        IActorContext context, bool restart, Exception cause, ChildRestartStats failed,
        IReadOnlyCollection<ChildRestartStats> children)
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

/// <summary>The directive is for the failed child and all its siblings.</summary>
public class AllForOneStrategy : SupervisorStrategy
{
    public AllForOneStrategy(
        int? maxNrOfRetries, TimeSpan? withinTimeRange, Func<Exception, Directive> localOnlyDecider)
        : base(maxNrOfRetries ?? -1, withinTimeRange, new LocalOnlyDecider(localOnlyDecider), logs: true)
    {
    }

    public AllForOneStrategy(Func<Exception, Directive> localOnlyDecider)
        : this(null, null, localOnlyDecider)
    {
    }

    private protected override void ProcessFailure(
        IActorContext context, bool restart, Exception cause, ChildRestartStats failed,
        IReadOnlyCollection<ChildRestartStats> children)
    {
        var mayRestart = restart && children.All(
            child => child.RequestRestartPermission(MaxNumberOfRetries, WithinTimeRangeMilliseconds));
        foreach (var child in children)
        {
            if (!mayRestart)
            {
                context.Stop(child.Child);
                continue;
            }

            if (!ReferenceEquals(child, failed))
            {
                child.Child.SendSystemMessage(new Suspend());
            }

            child.Child.SendSystemMessage(new Recreate(cause));
        }
    }
}
