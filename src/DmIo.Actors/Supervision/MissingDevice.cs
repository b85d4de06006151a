namespace DmIo.Actors;

/// <summary>A configured device without which the service started (<c>on-missing</c>).</summary>
/// <param name="Name">What regions call it; requests that name it get DeviceGone.</param>
/// <param name="Reason">Why the last attempt failed.</param>
/// <param name="IsRetried">It is attached as soon as it can be opened.</param>
public sealed record MissingDevice(string Name, string Reason, bool IsRetried);
