namespace DmIo.Actors.Scheduling;

/// <summary>How an entry leaves its <see cref="ReadyOrder"/>.</summary>
internal enum Departure
{
    /// <summary>It goes to the device, because it was the next.</summary>
    Chosen,

    /// <summary>It goes to the device as a part of the one that was chosen.</summary>
    Along,

    /// <summary>It does not go: it was withdrawn, or its class has changed.</summary>
    Unserved,
}
