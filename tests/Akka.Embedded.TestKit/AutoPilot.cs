// An auto pilot answers messages for a probe, before the test gets to see them.

using Akka.Actor;

namespace Akka.TestKit;

/// <summary>Runs for each message; what it returns runs for the next one.</summary>
public abstract class AutoPilot
{
    public static NoAutoPilot NoAutoPilot => NoAutoPilot.Instance;

    public static KeepRunning KeepRunning => KeepRunning.Instance;

    public abstract AutoPilot Run(IActorRef sender, object message);
}

/// <summary>Does nothing, from here on.</summary>
public sealed class NoAutoPilot : AutoPilot
{
    private NoAutoPilot()
    {
    }

    internal static NoAutoPilot Instance { get; } = new();

    public override AutoPilot Run(IActorRef sender, object message) => this;
}

/// <summary>What a pilot returns to stay as it is.</summary>
public sealed class KeepRunning : AutoPilot
{
    private KeepRunning()
    {
    }

    internal static KeepRunning Instance { get; } = new();

    public override AutoPilot Run(IActorRef sender, object message)
        => throw new InvalidOperationException("Must not call");
}

public delegate AutoPilot AutoPilotDelegate(IActorRef sender, object message);

/// <summary>An auto pilot that is a function.</summary>
public sealed class DelegateAutoPilot(AutoPilotDelegate autoPilotDelegate) : AutoPilot
{
    public override AutoPilot Run(IActorRef sender, object message) => autoPilotDelegate(sender, message);
}
