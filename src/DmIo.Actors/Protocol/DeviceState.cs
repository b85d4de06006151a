namespace DmIo.Actors.Protocol;

/// <summary>Whether an attached device serves.</summary>
public enum DeviceState
{
    /// <summary>It serves.</summary>
    Online,

    /// <summary>A flush failed: until it is reopened everything is refused, except reads with
    /// <c>read-after-failure = on</c>.</summary>
    Failed,

    /// <summary>It completes what it has, for a detach.</summary>
    Detaching,
}
