namespace DmIo.Actors.Client;

/// <summary>A configured device without which the service started (<c>on-missing</c>).</summary>
/// <param name="Name">The name that regions use; requests that name it get DeviceGone.</param>
/// <param name="Reason">Why the last attempt failed.</param>
/// <param name="IsRetried">The service retries to open it in the background (<c>on-missing = retry</c>).</param>
public sealed record MissingDevice(string Name, string Reason, bool IsRetried);
