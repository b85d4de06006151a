namespace DmIo.Actors;

/// <summary>Whether an attached device serves.</summary>
public enum DeviceState
{
    /// <summary>It serves.</summary>
    Online,

    /// <summary>A flush failed: everything is refused until it is attached anew.</summary>
    Failed,

    /// <summary>It completes what it has, for a detach.</summary>
    Detaching,
}
